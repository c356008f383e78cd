"""`resdsl bench`: nets timed beside what people run otherwise."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import (
    DTYPES,
    FAULTY,
    FINE,
    SPEC_HELP,
    add_common,
    limits_of,
    put,
    refuse,
    seconds,
    tell,
    usage,
    whole,
)
from resdsl.specs import STDIN, Spec, SpecError, find, input_size

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.graph import Graph
    from resdsl.runtime.bench import Results, Suite

_PEERS = {False: "eager,channels_last,compile,frozen,aoti,onnxruntime", True: "eager,channels_last,compile"}
_OURS = {False: "plain,ours", True: "plain,layout"}
"""The variants if none are asked for: of inference, and in training."""


def add(commands: Commands) -> None:
    bench = commands.add_parser(
        "bench",
        help="time nets beside what people run otherwise",
        description="Time nets beside the library's, compilers and other runtimes: docs/performance.md.",
    )
    bench.add_argument("specs", metavar="SPEC", nargs="+", help=SPEC_HELP)
    bench.add_argument("--input", metavar="SIZE", help="the size of the input, such as 3x320x320")
    bench.add_argument("--batch", metavar="N,...", type=_numbers, default=(1,), help="batch sizes (default: 1)")
    bench.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: cpu")
    bench.add_argument("--dtype", metavar="T,...", type=_words, default=("fp32",), help="fp32, bf16 (default: fp32)")
    bench.add_argument("--train", action="store_true", help="training steps instead of inference")
    bench.add_argument(
        "--peers", metavar="NAME,...", type=_words, help="other people's variants, or all (docs/performance.md)"
    )
    bench.add_argument("--ours", metavar="NAME,...", type=_words, help="our variants, or all")
    bench.add_argument(
        "--baseline", metavar="NAME", default="eager", help="what speeds are relative to (default: eager)"
    )
    bench.add_argument("--visits", metavar="N", type=whole, default=15, help="of each variant, 2 timed calls each")
    bench.add_argument("--no-cold", dest="cold", action="store_false", help="measure neither set-up nor memory")
    bench.add_argument("--limit-seconds", metavar="S", type=seconds, help="what is not done by then is left undone")
    bench.add_argument("--format", choices=("table", "md", "json"), default="table", help="default: table")
    bench.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    bench.add_argument("--save", metavar="FILE", help="keep the results as JSON, beside the product")
    bench.add_argument("--plot", metavar="FILE", help="draw the speeds too: .svg, .pdf, .png, or .csv")
    add_common(bench, "--errors")
    bench.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.runtime import bench

    specs = [find(text) for text in options.specs]
    try:
        suite = _suite(options, specs)
    except ValueError as error:
        return usage(str(error))
    products = [product for product in (options.output, options.save, options.plot) if product]
    for product in products:
        refuse(product, specs[0])
    if len(set(map(os.path.realpath, products))) < len(products):
        return usage(f"-o, --save and --plot name one file twice: {', '.join(products)}")
    try:
        results = bench.run(suite, lambda what: print(f"bench: {what}", file=sys.stderr, flush=True))
    except bench.WorkerError as error:
        print(f"resdsl: {error}", file=sys.stderr)
        return FAULTY
    return _tell(results, options, specs[0])


def _suite(options: argparse.Namespace, specs: list[Spec]) -> Suite:
    """What is to be measured. Raises `ValueError` for what there is not."""
    from resdsl.runtime import bench

    short = {name: one for one, name in DTYPES.items()}
    options.dtype = tuple(dict.fromkeys(short.get(dtype, dtype) for dtype in options.dtype))
    for dtype in options.dtype:
        if dtype not in bench.DTYPES:
            raise ValueError(f"--dtype {dtype}: there are {', '.join(bench.DTYPES)}")
    if options.plot and Path(options.plot).suffix not in (".svg", ".pdf", ".png", ".csv"):
        raise ValueError(f"{options.plot}: a plot ends in .svg, .pdf or .png, its numbers in .csv")
    peers = _chosen(options.peers, bench.PEERS, _PEERS[options.train])
    ours = _chosen(options.ours, bench.OURS, _OURS[options.train])
    bench.chosen([options.baseline], bench.PEERS + bench.OURS)
    if "bf16" in options.dtype and not options.train:
        peers = ("eager_fp32", *peers)
    if options.device == "cuda":
        _require_cuda()
    return bench.Suite(
        tuple(_net(options, spec) for spec in specs),
        tuple(dict.fromkeys((options.baseline, *peers, *ours))),
        options.batch,
        options.dtype,
        options.device,
        options.train,
        options.visits,
        options.cold,
        options.limit_seconds,
    )


def _chosen(asked: tuple[str, ...] | None, there: tuple[str, ...], default: str) -> tuple[str, ...]:
    from resdsl.runtime.bench import chosen

    return there if asked == ("all",) else chosen(asked or default.split(","), there)


def _net(options: argparse.Namespace, spec: Spec) -> tuple[Graph, str]:
    """A net's graph, and the network of a library that is the same, if it ships and one is known."""
    from resdsl.api import compile_spec
    from resdsl.zoo import references

    net = compile_spec(spec, size=input_size(options.input), limits=limits_of(options))
    tell(net.warnings, options)
    if options.train and any(unit.survival for unit in net.ir.units):
        raise SpecError(f"{net.name} draws its branches anew in each step: two steps of it cannot be compared")
    reference = references().get(net.name) if spec.ships else None
    return net.ir, reference.peer if reference else ""


def _require_cuda() -> None:
    from resdsl.runtime.verify import best_device

    if best_device().type != "cuda":
        raise ValueError("--device cuda: PyTorch finds no CUDA device here")


def _tell(results: Results, options: argparse.Namespace, spec: Spec) -> int:
    """The products, and what was not measured. The exit code says whether a variant of ours failed or was wrong."""
    from resdsl.runtime.bench import OURS, tables

    if options.save:
        put(results.to_json(), options.save, spec)
    if options.format == "json":
        product = results.to_json()
    else:
        product = "\n".join(table.render(options.format) for table in tables(results, options.baseline))
    put(product, options.output, spec)
    if options.plot:
        _plot(results, options, spec)
    for what in results.unfinished:
        print(f"bench: not measured: {what}", file=sys.stderr)
    wrong = [
        f"{case.net}: {name}: {why}" for case in results.cases for name, why in case.refused.items() if name in OURS
    ]
    for what in wrong:
        print(f"resdsl: {what}", file=sys.stderr)
    return FINE if results.cases and not wrong else FAULTY


def _plot(results: Results, options: argparse.Namespace, spec: Spec) -> None:
    from resdsl.plots.drawing import MatplotlibMissing, draw
    from resdsl.runtime.bench import speeds

    plot, form = speeds(results, options.baseline), Path(options.plot).suffix.removeprefix(".")
    try:
        wide = max(5.0, 1.4 * len(plot.names))
        put(plot.table().csv() if form == "csv" else draw(plot, form, inches=(wide, 3.4)), options.plot, spec)
    except MatplotlibMissing as missing:
        usage(str(missing))


def _words(text: str) -> tuple[str, ...]:
    words = tuple(filter(None, text.split(",")))
    if not words:
        raise ValueError(text)
    return words


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(map(whole, _words(text))))


_words.__name__, _numbers.__name__ = "list of words", "list of positive whole numbers"  # argparse's words for the types
