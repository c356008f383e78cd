"""`resdsl weights`: checkpoints from and to elsewhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, Parser, add_spec, load, put, refuse
from resdsl.specs import SpecError

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("weights", help="checkpoints from and to elsewhere")
    directions = parser.add_subparsers(title="directions", required=True, metavar="DIRECTION", parser_class=Parser)
    import_ = directions.add_parser("import", help="a checkpoint from elsewhere, in the model's names")
    import_.add_argument(
        "--from", dest="source", metavar="FILE", required=True,
        help=".safetensors, .pth or .pt; or torchvision:NAME, timm:NAME, pytorchcv:NAME, which downloads",
    )  # fmt: skip
    import_.add_argument("--map", metavar="FILE", help="a mapping that was saved before, or written by hand")
    export = directions.add_parser("export", help="the model's checkpoint, in the names of another layout")
    export.add_argument(
        "--from", dest="source", metavar="FILE", required=True, help="a checkpoint in the model's names"
    )
    export.add_argument(
        "--layout", metavar="LAYOUT", required=True,
        help="a saved mapping (.json), a checkpoint in that layout, or torchvision:NAME, timm:NAME, pytorchcv:NAME",
    )  # fmt: skip
    for direction, name in ((import_, "import"), (export, "export")):
        add_spec(direction)
        direction.add_argument(
            "-o", "--output", metavar="FILE", required=True, help="where to; it ends in .safetensors, .pth or .pt"
        )
        direction.add_argument("--save-map", metavar="FILE", help="write the mapping as JSON, to read and to use again")
        direction.add_argument(
            "--pin",
            metavar="FROM=TO",
            action="append",
            default=[],
            help="a module of the file is this one of the model",
        )
        direction.add_argument(
            "--reshape", action="store_true", help="a linear layer's weight may be a convolution's, and the reverse"
        )
        direction.set_defaults(run=run, direction=name)


def run(options: argparse.Namespace) -> int:
    from resdsl.runtime.weights.transplanting import export_weights, import_weights

    net, spec = load(options)
    for output in filter(None, (options.output, options.save_map)):
        refuse(output, spec)
    path = Path(options.output)
    pins = _pins(options.pin)
    if options.direction == "import":
        found, data = import_weights(
            net.ir, options.source, path.suffix, mapping=options.map, pins=pins, reshape=options.reshape
        )
    else:
        found, data = export_weights(
            net.ir, options.source, options.layout, path.suffix, pins=pins, reshape=options.reshape
        )
    put(data, options.output, spec)
    if options.save_map:
        put(found.to_json(), options.save_map, spec)
    print(found)
    if not found.by_name:
        print(f"\n{found.table()}", end="")
    return FINE


def _pins(settings: Sequence[str]) -> dict[str, str]:
    found = {}
    for setting in settings:
        one, equals, other = setting.partition("=")
        if not (one and equals and other):
            raise SpecError(f"--pin {setting}: it is written MODULE=MODULE, a module of the file and one of the model")
        found[one] = other
    return found
