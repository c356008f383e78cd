"""`resdsl rewrite`: the same function, computed otherwise."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.cli.common import FAULTY, FINE, add_spec, add_weights, count, load, put, refuse, usage
from resdsl.files import refuse_place, write_whole
from resdsl.specs import STDIN, Spec, SpecError

if TYPE_CHECKING:
    from torch import Tensor

    from resdsl.api import Architecture
    from resdsl.cli.common import Commands
    from resdsl.passes import Refusal, Rewritten

SHOWN = 3
"""Changes of a pass, and reasons to refuse, that are listed without -v."""


class _List(argparse.Action):
    """Prints the passes and ends, as `--version` does: there is no spec then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from resdsl.passes import PASSES, find_pass

        width = max(map(len, PASSES))
        for name in PASSES:
            print(f"{name:{width}}  {find_pass(name).summary}")
        parser.exit()


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "rewrite",
        help="the same function, computed otherwise",
        description="Write the net after passes that keep what it computes, as a .res file, and convert its weights.",
    )
    add_spec(parser)
    parser.add_argument(
        "--pass", dest="passes", metavar="PASS", action="append", required=True,
        help="a pass, or several with commas between, one after the other; the option may come again",
    )  # fmt: skip
    parser.add_argument("--list", action=_List, nargs=0, help="list the passes and end")
    parser.add_argument(
        "-o", "--output", metavar="FILE", default=STDIN,
        help="a new .res file for the text (default: standard output)",
    )  # fmt: skip
    add_weights(parser, "none")
    parser.add_argument(
        "--weights-output", metavar="FILE", help="where the converted ones go; it ends in .safetensors, .pth or .pt"
    )
    parser.add_argument(
        "--verify", action="store_true", help="run both nets on random inputs, in double and in single precision"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="list every change and every refusal")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.weights_output and not options.weights:
        return usage("--weights-output has the weights of --weights, converted, and there are none")
    if options.weights and not (options.weights_output or options.verify):
        return usage("--weights are for --weights-output or --verify, and there is neither")
    names = [name for one in options.passes for name in one.split(",") if name]
    if not names:
        return usage("--pass names no pass; --list has them")
    net, spec = load(options)
    _refuse_old(options.output)
    if options.weights_output:
        _refuse_weights(options, spec)
    rewritten = net.rewrite(*names)
    done = rewritten.rewritten
    assert done is not None
    idle = _tell(done, names, verbose=options.verbose)
    if idle:
        verb = "applies" if len(idle) == 1 else "apply"
        print(f"resdsl: {', '.join(idle)} {verb} nowhere, and nothing is written", file=sys.stderr)
        return FAULTY
    text = rewritten.text()
    state = _weights(net, options.weights)
    if options.verify:
        _verify(net, rewritten, text, state)
    if state is not None and options.weights_output:
        from resdsl.runtime.weights import encode

        path = Path(options.weights_output)
        put(encode(rewritten.convert(state), path.suffix), options.weights_output, spec)
    if options.output == STDIN:
        put(text, STDIN, spec)
    else:
        write_whole(Path(options.output), text)
    print(_figures(net, rewritten), file=sys.stderr)
    return FINE


def _refuse_old(output: str) -> None:
    """A rewritten net is a new file: no spec is ever replaced."""
    if output == STDIN:
        return
    path = Path(output)
    if path.suffix != ".res":
        raise SpecError(f"the name of a spec ends in .res, and {path} does not")
    if path.exists() or path.is_symlink():
        raise SpecError(f"{path} exists already, and a spec is never replaced")
    refuse_place(path)


def _refuse_weights(options: argparse.Namespace, spec: Spec) -> None:
    """Raises `SpecError` or `OSError` if the converted weights cannot be written as they are asked for."""
    output = options.weights_output
    if output == STDIN:
        raise SpecError("--weights-output is a file: the text goes to standard output")
    refuse(output, spec, options.weights)
    from resdsl.runtime.weights import refuse_suffix

    refuse_suffix(Path(output).suffix)


def _weights(net: Architecture, source: str | None) -> dict[str, Tensor] | None:
    if source is None:
        return None
    from resdsl.diagnostics import WeightsError
    from resdsl.runtime.weights.transplanting import state_of

    found, state = state_of(net.ir, source)
    print(found, file=sys.stderr)
    for key, tensor in state.items():
        if not bool(tensor.isfinite().all()):
            raise WeightsError(f"{source}: {key} has values that are infinite or no numbers")
    return state


def _tell(done: Rewritten, names: Sequence[str], *, verbose: bool) -> list[str]:
    """What the passes did and what they refused; returns those that changed nothing."""
    idle = []
    for name in dict.fromkeys(names):
        changes = [str(change) for change in done.changes if change.by == name]
        refused = [refusal for refusal in done.refused if refusal.by == name]
        tail = f", {len(refused):,} refused" if refused else ""
        print(f"{name}: {count(len(changes), 'change')}{tail}", file=sys.stderr)
        _list(changes, verbose=verbose)
        _list(map(str, refused) if verbose else _reasons(refused), verbose=verbose)
        if not changes:
            idle.append(name)
    return idle


def _list(lines: Iterable[str], *, verbose: bool) -> None:
    lines = list(lines)
    shown = lines if verbose else lines[:SHOWN]
    for line in shown:
        print(f"  {line}", file=sys.stderr)
    if len(lines) > len(shown):
        print(f"  ... and {len(lines) - len(shown):,} more (-v lists all)", file=sys.stderr)


def _reasons(refused: Iterable[Refusal]) -> list[str]:
    """A line a reason, with the first place and how many more there are."""
    places: dict[str, list[str]] = {}
    for refusal in refused:
        places.setdefault(refusal.what, []).append(refusal.place)
    return [f"not {first}{f' and {len(more):,} more' if more else ''}: {why}" for why, (first, *more) in places.items()]


def _verify(net: Architecture, rewritten: Architecture, text: str, state: dict[str, Tensor] | None) -> None:
    """Raises `InternalError` if the rewritten net computes something else, or its text is another net's."""
    from resdsl.diagnostics import InternalError
    from resdsl.passes import find_pass
    from resdsl.runtime.equality import equality

    done = rewritten.rewritten
    assert done is not None
    training = all(find_pass(change.by).trains for change in done.changes)
    found = equality(net.ir, done, state, training=training)
    if not found.holds:
        raise InternalError(f"the rewritten net computes something else: {found}")
    _read_back(rewritten, text)
    which = "random weights" if state is None else "these weights"
    print(f"verified with {which} and inputs: {found}", file=sys.stderr)


def _read_back(rewritten: Architecture, text: str) -> None:
    """Raises `InternalError` unless the text is the rewritten net's: the same steps, operands and weights."""
    from resdsl.api import compile_spec
    from resdsl.diagnostics import InternalError
    from resdsl.source import Source
    from resdsl.specs import Spec

    again = compile_spec(Spec(None, None), source=Source("the rewritten net", text)).ir
    one, other = (
        [[(node.op, node.operands) for node in graph.nodes()], [(key, w.shape) for key, w, _ in graph.weights()]]
        for graph in (rewritten.ir, again)
    )
    if one != other:
        raise InternalError("the text of the rewritten net is another net's")


def _figures(net: Architecture, rewritten: Architecture) -> str:
    from resdsl.analysis.summary import gmacs

    one, other = net.summary(), rewritten.summary()
    return f"{one.model}: parameters {one.params:,} -> {other.params:,}, GMACs {gmacs(one.macs)} -> {gmacs(other.macs)}"
