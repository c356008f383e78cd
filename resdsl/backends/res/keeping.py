"""Kept values: which values need a name, where they get it, and which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count as numbers
from math import inf

from resdsl.backends.res.steps import Body, From, Keep, Kept, Step, walk
from resdsl.backends.res.words import free_name, is_free
from resdsl.graph import Graph

_LETTERS = "abcdefgh"


@dataclass(slots=True)
class Activation:
    """What has kept values of its own: a model or a block that has a definition."""

    body: Body
    entry: int | None
    """The current value at the beginning."""
    sources: dict[int, str] = field(default_factory=dict)
    """Values that have a name from the beginning: inputs, and what a block is given as arguments."""
    outputs: tuple[int, ...] = ()
    """What `output` names."""
    forced: dict[int, list[str]] = field(default_factory=dict)
    """Names that values must have: those of the model's outputs."""


@dataclass(slots=True)
class _Range:
    """From where to where a name is in use."""

    start: float
    end: float


def keep_values(graph: Graph, activation: Activation, taken: set[str], *, mentioned: bool) -> dict[int, list[str]]:
    """Writes `keep` where values get the names by which others speak of them; returns the names.

    With `mentioned` also of values that the source kept and nothing here reads: another execution may. What a block
    results in is kept by those who call it.
    """
    body = activation.body
    wanted = {node for step in walk(body) for node in _read(step)} | set(activation.outputs) | set(activation.forced)
    if mentioned:
        last = {node for step in body.steps[-1:] for node in step.values}
        wanted |= {node for step in walk(body) for node in step.values if graph.node(node).kept and node not in last}
    wanted -= set(activation.sources)
    if activation.entry in wanted:
        wanted.discard(activation.entry)
        body.steps.insert(0, Keep((activation.entry,)))
    _insert(body, wanted)
    for node, given in activation.forced.items():
        # What is output under several names is kept so often, at the end, where nothing comes after it.
        again = given[1:] if node not in activation.sources else given
        body.steps += [step for _ in again for step in (From(node), Keep((node,)))]
    names = _choose(graph, activation, taken)
    _write(body, names, activation)
    return names


def _read(step: Step) -> list[int]:
    """The kept values that a step itself reads."""
    if isinstance(step, From):
        return [step.node]
    return [value.node for value in step.arguments.values() if isinstance(value, Kept)]


def _insert(body: Body, wanted: set[int]) -> None:
    """Each after the outermost step that has it as its value, unless something within that step reads it already."""
    for declaration in body.shared:
        for inner in declaration.step.bodies():
            _insert(inner, wanted)
    steps: list[Step] = []
    for step in body.steps:
        steps.append(step)
        inside = {node for inner in step.bodies() for below in walk(inner) for node in _read(below)}
        if len(step.values) > 1 or (wanted.intersection(step.values) and not inside.intersection(step.values)):
            steps.append(Keep(step.values))
            wanted.difference_update(step.values)
        for inner in step.bodies():
            _insert(inner, wanted)
    body.steps = steps


def _choose(graph: Graph, activation: Activation, taken: set[str]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {node: [name] for node, name in activation.sources.items()}
    for node, given in activation.forced.items():
        names[node] = [*names.get(node, ()), *given]
    ranges = _ranges(activation)
    used: dict[str, list[_Range]] = {}
    for node, given in names.items():
        for name in given:
            used.setdefault(name, []).append(_Range(ranges[node].start, inf) if node in ranges else _Range(0, inf))
    for node, own in ranges.items():
        if node not in names:
            name = next(name for name in _candidates(graph, node, taken) if _fits(own, used.get(name, [])))
            names[node] = [name]
            used.setdefault(name, []).append(own)
    return names


def _candidates(graph: Graph, node: int, taken: set[str]) -> Iterator[str]:
    kept = graph.node(node).kept if node < len(graph) else None
    if kept is not None and is_free(kept) and kept not in taken:
        yield kept
    yield from (letter for letter in _LETTERS if letter not in taken)
    yield from (free_name(f"{letter}{number}", taken) for number in numbers(2) for letter in _LETTERS)


def _fits(own: _Range, others: list[_Range]) -> bool:
    return all(own.end <= other.start or other.end <= own.start for other in others)


def _ranges(activation: Activation) -> dict[int, _Range]:
    ranges: dict[int, _Range] = {}
    for place, step in enumerate(walk(activation.body), 1):
        for node in step.nodes if isinstance(step, Keep) else ():
            ranges.setdefault(node, _Range(place, place + 1))
        for node in _read(step):
            if node in ranges:
                ranges[node].end = max(ranges[node].end, place)
    for step in _declared(activation.body):
        for node in step.nodes if isinstance(step, Keep) else ():
            ranges[node] = _Range(0, inf)
        for node in _read(step):
            if node in ranges:
                ranges[node].end = inf
    for node in activation.outputs:
        if node in ranges:
            ranges[node].end = inf
    return ranges


def _declared(body: Body) -> Iterator[Step]:
    """The steps of what is declared in a body and below: they are executed at each use, and keep their names then."""
    for declaration in body.shared:
        for inner in declaration.step.bodies():
            yield from walk(inner)
    for step in body.steps:
        for inner in step.bodies():
            yield from _declared(inner)


def _write(body: Body, names: dict[int, list[str]], activation: Activation) -> None:
    """The first of a value's names is that by which it is read; each `keep` of it gives the next one."""
    left = {node: given[node in activation.sources :] for node, given in names.items()}
    for step in walk(body):
        if isinstance(step, Keep):
            step.names = tuple(left[node].pop(0) if len(left[node]) > 1 else left[node][0] for node in step.nodes)
        elif isinstance(step, From):
            step.name = names[step.node][0]
        for value in step.arguments.values():
            if isinstance(value, Kept):
                value.name = names[value.node][0]


def drop_unread(body: Body, outputs: set[str]) -> None:
    """Leaves out `keep` of names that nothing reads."""
    read = outputs | {step.name for step in walk(body) if isinstance(step, From)}
    read |= {v.name for step in walk(body) for v in step.arguments.values() if isinstance(v, Kept)}
    _drop(body, read)


def _drop(body: Body, read: set[str]) -> None:
    body.steps = [
        step
        for step in body.steps
        if not isinstance(step, Keep) or len(step.names) > 1 or read.intersection(step.names)
    ]
    inner = [one for declaration in body.shared for one in declaration.step.bodies()]
    for below in inner + [one for step in body.steps for one in step.bodies()]:
        _drop(below, read)
