"""`resdsl compile`: readable PyTorch, for training or for inference."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import DTYPES, FINE, add_spec, add_weights, count, load, put, refuse, usage, whole
from resdsl.specs import STDIN, Spec, SpecError

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.graph import Graph

_INFERENCE = {"weights": None, "device": "cpu", "dtype": None, "batch": 1, "engine": "source", "tune": True}
"""The options that only `--for inference` takes, and what they are without a word."""
_WEIGHTS = ".safetensors"


def add(commands: Commands) -> None:
    compile_ = commands.add_parser(
        "compile",
        help="write readable PyTorch",
        description="Write readable PyTorch: a module to train, or with --for inference one that is fast.",
    )
    add_spec(compile_)
    compile_.add_argument(
        "-o", "--output", metavar="PATH", default=STDIN,
        help="the file it goes to (default: standard output); for inference a folder, for source and weights",
    )  # fmt: skip
    compile_.add_argument(
        "--no-verify", dest="verify", action="store_false", help="do not build the module and run a step with it"
    )
    compile_.add_argument("--for", dest="purpose", choices=("training", "inference"), default="training")
    group = compile_.add_argument_group("for inference")
    add_weights(group)
    group.add_argument("--device", choices=("cpu", "cuda"), help="default: cpu")
    group.add_argument(
        "--dtype", type=_dtype, choices=tuple(DTYPES.values()), help="default: float32, on CUDA bfloat16"
    )
    group.add_argument("--batch", metavar="N", type=whole, help="how many inputs it is tuned for (default: 1)")
    group.add_argument(
        "--engine", choices=("source", "auto"),
        help="auto also makes an AOTInductor package and an ONNX model, and keeps the fastest (default: source)",
    )  # fmt: skip
    group.add_argument("--no-tune", dest="tune", action="store_false", help="choose nothing by measuring")
    compile_.set_defaults(run=run, **_INFERENCE)


def run(options: argparse.Namespace) -> int:
    if options.purpose == "inference":
        return _inference(options)
    given = [name for name, default in _INFERENCE.items() if getattr(options, name) != default]
    if given:
        return usage(f"--{given[0].replace('tune', 'no-tune')} goes with --for inference, which is not asked for")
    net, spec = load(options)
    source = net.source()
    figures = _figures(net.ir, source)
    if options.verify:
        from resdsl.runtime import verify

        figures += f"; {verify(net.ir, source)}"
    put(source, options.output, spec)
    print(figures, file=sys.stderr if options.output == STDIN else sys.stdout)
    return FINE


def _inference(options: argparse.Namespace) -> int:
    if options.engine == "auto" and options.device == "cuda":
        return usage("--engine auto chooses among engines for the CPU")
    net, spec = load(options)
    folder = None if options.output == STDIN else Path(options.output)
    if folder is not None:
        _refuse_folder(folder, net.name, spec, options.weights)
    made = net.inference(
        weights=options.weights, device=options.device, dtype=options.dtype, batch=options.batch, tune=options.tune
    )
    notes = [*made.notes, f"difference from the plain module {made.difference:.1e}"]
    products: dict[str, str | bytes] = {f"{net.name}.py": made.source}
    if folder is not None:
        from resdsl.runtime.weights import encode

        products[f"{net.name}{_WEIGHTS}"] = encode(made.state, _WEIGHTS)
    if options.engine == "auto":
        from resdsl.runtime.inference import SUFFIXES, fastest_engine

        engine = fastest_engine(made, options.batch)
        notes += [*engine.notes, f"fastest: {engine.name}"]
        if engine.package is not None:
            products[net.name + SUFFIXES[engine.name]] = engine.package
    if options.weights is None:
        notes.append("weights freshly initialised; --weights FILE takes trained ones")
    _write(products, folder, spec)
    where = sys.stderr if folder is None else sys.stdout
    print(_figures(made.rewritten, made.source), *notes, sep="\n", file=where)
    return FINE


def _refuse_folder(folder: Path, name: str, spec: Spec, weights: str | None) -> None:
    """Raises `SpecError` or `OSError` if source and weights cannot go into a folder: before they are made."""
    there = f"{name}.py and {name}{_WEIGHTS}"
    if not folder.is_dir() and (folder.exists() or folder.suffix in (".py", ".res", ".pth", ".pt", _WEIGHTS)):
        raise SpecError(f"{folder} is no folder: with --for inference, -o names the one for {there}")
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise OSError(f"{folder} cannot be written: {above} is {'read-only' if above.is_dir() else 'no folder'}")
    if not folder.exists():
        return
    refuse(str(folder / f"{name}.py"), spec)
    state = folder / f"{name}{_WEIGHTS}"
    refuse(str(state), spec, weights)
    if weights is None and state.exists():
        raise SpecError(f"{state} is there already, and fresh weights replace none: say --weights, or another folder")


def _write(products: dict[str, str | bytes], folder: Path | None, spec: Spec) -> None:
    if folder is None:
        put(next(iter(products.values())), STDIN, spec)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, product in products.items():
        put(product, str(folder / name), spec)


def _figures(graph: Graph, source: str) -> str:
    from resdsl.analysis.summary import gmacs, summarize

    summary = summarize(graph)
    return (
        f"{summary.model}: {summary.params:,} parameters, {gmacs(summary.macs)} GMACs, depth {summary.depth}, "
        f"{count(source.count(chr(10)), 'line')}"
    )


def _dtype(text: str) -> str:
    return DTYPES.get(text, text)
