"""`resdsl export`: the net for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, add_weights, load, put, refuse, whole
from resdsl.specs import STDIN, Spec, SpecError

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.runtime.export import Batch, Exported

_NAMES = {"onnx": "{}.onnx", "pt2": "{}.pt2", "aoti": "{}.aoti.pt2", "safetensors": "{}.safetensors"}


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "export",
        help="ONNX, torch.export, AOTInductor, safetensors",
        description="Write the net for other programs, after it was run and compared with its module.",
    )
    add_spec(parser)
    parser.add_argument(
        "--to", choices=tuple(_NAMES), required=True,
        help="an ONNX model, a torch.export program, an AOTInductor package, or weights alone",
    )  # fmt: skip
    add_weights(parser)
    parser.add_argument(
        "--batch", metavar="N|dynamic", type=_batch,
        help="how many inputs a call takes (default: dynamic, which is any number; for aoti 1)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="where to (default: a new file of the model's name, in this folder)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.exporting import export_net, refuse_suffix

    net, spec = load(options)
    output = options.output or _unused(_NAMES[options.to].format(net.name))
    if output != STDIN:
        refuse(output, spec, options.weights)
        refuse_suffix(options.to, Path(output))
    name = net.name if output == STDIN else Path(output).name
    found, exported = export_net(net.ir, options.to, name, weights=options.weights, batch=options.batch)
    _write(exported, output, spec)
    weights = "weights freshly initialised; --weights FILE takes trained ones" if found is None else str(found)
    print(f"{weights}\n{_told(exported, output)}", file=sys.stderr if output == STDIN else sys.stdout)
    return FINE


def _unused(name: str) -> str:
    """A name that nobody said replaces nothing: it may be that of trained weights."""
    if Path(name).exists():
        raise SpecError(f"there is a file {name} already; -o {name} replaces it")
    return name


def _told(exported: Exported, output: str) -> str:
    size = sum(map(len, exported.files.values()))
    files = f" and {list(exported.files)[1]}" if len(exported.files) > 1 else ""
    place = "standard output" if output == STDIN else output
    return f"{place}{files} ({size:,} bytes): {exported}"


def _write(exported: Exported, output: str, spec: Spec) -> None:
    """The files of an export beside each other; the weights that stand in one of their own before what names it."""
    if output == STDIN:
        (data, *others) = exported.files.values()
        if others:
            raise SpecError("the weights take more than one ONNX file holds, and so two files: say where to with -o")
        put(data, output, spec)
        return
    places = {str(Path(output).with_name(name)): data for name, data in exported.files.items()}
    for place in places:
        refuse(place, spec)
    for place, data in reversed(places.items()):
        put(data, place, spec)


def _batch(text: str) -> Batch:
    return "dynamic" if text == "dynamic" else whole(text)


_batch.__name__ = "N|dynamic"  # argparse's word for the type
