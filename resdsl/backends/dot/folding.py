"""Parts of the stage level, and how repeats of them become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resdsl.backends.dot.tables import Row
from resdsl.ops.base import Role

_LONGEST_PERIOD = 12
"""Parts of a repeat's body that are looked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """A run of operators, or a block, in one box."""

    title: str | None
    rows: tuple[Row, ...]
    role: Role
    reads: tuple[int, ...]
    """Values from outside, in order of first use."""
    nodes: tuple[int, ...]
    gives: int
    places: tuple[str, ...] = ()
    """Module paths of its instances."""
    key: object = None
    """Equal (and hashable) for boxes that fold into one; `None` for what never does."""
    count: int = 1
    aux: bool = False
    fault: str | None = None
    """What is wrong, of a step that failed."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A residual unit or dense layer: a main branch, and what goes beside it."""

    kind: str
    """As `shortcut_kind` says."""
    main: tuple[Part, ...]
    shortcut: tuple[Row, ...]
    """What stands on the arc."""
    gate: tuple[Row, ...]
    """The gate; for a gated unit with a carry of its own, then that."""
    sign: str
    reads: tuple[int, ...]
    nodes: tuple[int, ...]
    gives: int
    merge: int
    """The node that joins the two ways, of the first instance."""
    places: tuple[str, ...] = ()
    chances: tuple[float, ...] = ()
    """Survival of each unit of the run, where any may be dropped."""
    key: object = None
    count: int = 1
    grown: tuple[int, ...] | None = None
    """Dense layers: channels before, and after each layer of the run."""


@dataclass(frozen=True, slots=True)
class Group:
    """Several parts one after the other, repeated."""

    parts: tuple[Box | Unit, ...]
    """Of the first repetition; survival is that of all."""
    count: int
    nodes: tuple[int, ...]
    reads: tuple[int, ...]
    gives: int


Part = Box | Unit | Group


def _joined(run: Sequence[Box | Unit], *, repeated: int = 1) -> Box | Unit:
    """One part for a run of alike ones, or for as many as there are in each of several repetitions."""
    first = run[0]
    if len(run) == 1:
        return first
    nodes = tuple(node for part in run for node in part.nodes)
    places = tuple(place for part in run for place in part.places)
    number = len(run) // repeated
    gives = run[-1].gives if repeated == 1 else run[0].gives
    if isinstance(first, Box):
        return replace(first, nodes=nodes, places=places, gives=gives, count=number)
    units = [part for part in run if isinstance(part, Unit)]
    grown = tuple(channels for unit in units for channels in (unit.grown or ())[1:])
    return replace(
        first,
        main=tuple(map(_alike, *(unit.main for unit in units))),
        nodes=nodes,
        places=places,
        gives=gives,
        count=number,
        chances=_chances(units),
        grown=(first.grown[0], *grown) if first.grown else None,
    )


def _alike(*inner: Part) -> Part:
    """Of parts within the branches of alike units: the first, with the survival of all."""
    units = [part for part in inner if isinstance(part, Unit)]
    if not units:
        return inner[0]
    return replace(units[0], main=tuple(map(_alike, *(unit.main for unit in units))), chances=_chances(units))


def _chances(units: Sequence[Unit]) -> tuple[float, ...]:
    """Survival of all; one that is never dropped counts as 1 where others may be."""
    if not any(unit.chances for unit in units):
        return ()
    return tuple(chance for unit in units for chance in unit.chances or (1.0,) * unit.count)


def folded(found: Sequence[Box | Unit]) -> list[Part]:
    """Repeats become one part each: of several periods at a place the one that covers most, the shortest of those."""
    known: dict[object, int] = {}
    keys = [known.setdefault(part.key, len(known)) if part.key is not None else -1 for part in found]
    alike = [
        key >= 0 and place > 0 and part.reads == (found[place - 1].gives,)
        for place, (part, key) in enumerate(zip(found, keys, strict=True))
    ]
    folded: list[Part] = []
    place = 0
    while place < len(found):
        period, times = _period(keys, alike, place)
        run = found[place : place + period * times]
        folded.append(_joined(run) if period == 1 else _group(run, period, times))
        place += period * times
    return folded


def _period(keys: Sequence[int], alike: Sequence[bool], place: int) -> tuple[int, int]:
    """How many parts from here on repeat, and how often. `alike` says of each whether it goes on where the one before
    it ended and may be folded."""
    best = (1, 1)
    for period in range(1, min(_LONGEST_PERIOD, len(keys) - place) + 1):
        if period > 1 and not alike[place + period - 1]:
            break
        end = place + period
        while end < len(keys) and alike[end] and keys[end] == keys[end - period]:
            end += 1
        times = (end - place) // period
        if times > 1 and period * times > best[0] * best[1]:
            best = period, times
        if end == len(keys):
            break
    return best


def _group(run: Sequence[Box | Unit], period: int, times: int) -> Group:
    """The parts of a repeat's body, each for all repetitions; equal ones in a row are one."""
    phases: list[list[Box | Unit]] = []
    for place in range(period):
        if phases and phases[-1][0].key == run[place].key:
            phases[-1].extend(run[place::period])
        else:
            phases.append(list(run[place::period]))
    parts = tuple(_joined(phase, repeated=times) for phase in phases)
    nodes = tuple(node for part in run for node in part.nodes)
    return Group(parts, times, nodes, run[0].reads, run[-1].gives)
