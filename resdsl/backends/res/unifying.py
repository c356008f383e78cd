"""One definition for many executions: where they differ, it has parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from resdsl.backends.res.slots import Path, Slot, slots, step_structure
from resdsl.backends.res.steps import REQUIRED, Absent, Block, Body, Call, If, Param, Residual, Step, Then, residuals
from resdsl.backends.res.values import spelled
from resdsl.backends.res.words import free_name
from resdsl.ops.registry import operator

_CONDITIONS: tuple[tuple[str, Callable[[int, int, bool], bool]], ...] = (
    ("in.channels != out.channels", lambda given, made, _: given != made),
    ("out.stride != 1", lambda _given, _made, moved: moved),
    ("in.channels != out.channels or out.stride != 1", lambda given, made, moved: given != made or moved),
)
"""What a shortcut may depend on: channels in, channels out, and whether anything strides between them."""

_FLAG = "project"
"""A parameter that says whether there is a shortcut, where its ends do not tell."""

_NAMES = {"survival": "chance", "count": "n", "init": "filler"}


@dataclass(slots=True)
class _Place:
    """A place for a value, and what each execution has there: `_MISSING` where it has no such place."""

    slot: Slot
    values: list[Any]

    @property
    def texts(self) -> list[str | None]:
        return [None if value is _MISSING else spelled(value) for value in self.values]

    @property
    def constant(self) -> Any:
        """The value that it has wherever it is, if that is one."""
        known = [value for value in self.values if value is not _MISSING]
        return known[0] if len({spelled(value) for value in known}) == 1 else _MISSING

    @property
    def is_whole(self) -> bool:
        return _MISSING not in self.values


_MISSING = object()


@dataclass(slots=True)
class Unified:
    """A body for all executions, its parameters with their defaults, and their values in each execution."""

    body: Body
    params: dict[str, Any]
    arguments: list[dict[str, Any]]


def unify(bodies: list[Body], taken: set[str]) -> Unified:
    """Lays executions of one structure over each other; the first one's body becomes that of the definition.

    Shortcuts may be there in some and not in others. `taken` are names that a parameter cannot have.
    """
    shortcuts = [_Shortcuts(together) for together in zip(*map(residuals, bodies), strict=True)]
    own = _split([slots(body) for body in bodies], bodies)
    for one in shortcuts:
        one.join()
    joined = slots(bodies[0])
    found = {path: _Place(slot, [_at(mine, path) for mine in own]) for path, slot in joined.items()}
    params, arguments = _parametrize(found, len(bodies), taken)
    for one in shortcuts:
        for name, present in one.choose({*taken, *params}):
            params[name] = False
            for mine, has in zip(arguments, present, strict=True):
                mine[name] = has
    return Unified(bodies[0], _ordered(params), arguments)


def _split(own: list[dict[Path, Slot]], bodies: list[Body]) -> list[dict[Path, Slot]]:
    """The values of all bodies. One that is `a then b` in any of them is so in all: the others have `a then a`."""
    split = {path[:-1] for mine in own for path, slot in mine.items() if slot.part}
    alone = [slot for mine in own for path, slot in mine.items() if path in split]
    for slot in alone:
        slot.put(Then(slot.value, slot.value))
    return [slots(body) for body in bodies] if alone else own


def _at(own: dict[Path, Slot], path: Path) -> Any:
    return own[path].value if path in own else _MISSING


# --- shortcuts -------------------------------------------------------------------------------------


class _Shortcuts:
    """The shortcuts of one residual in all executions. The longest has what any other has."""

    def __init__(self, steps: tuple[Residual, ...]) -> None:
        self.residuals = steps
        self.longest = max(steps, key=lambda step: len(step.shortcut.steps) if step.shortcut is not None else 0)
        self.present: list[list[bool]] = []
        """For each step of the longest, which executions have it."""
        if self.longest.shortcut is not None:
            self._lay(self.longest.shortcut)

    def _lay(self, whole: Body) -> None:
        """Gives all the steps of the longest, or the places of those that they do not have."""
        texts = tuple(map(step_structure, whole.steps))
        columns: list[list[bool]] = []
        for residual in self.residuals:
            body = residual.shortcut or Body()
            found = parts(tuple(map(step_structure, body.steps)), texts)
            assert found is not None
            columns.append([place in found for place in range(len(texts))])
            left = iter(body.steps)
            residual.shortcut = replace(
                whole, steps=[next(left) if place in found else Absent() for place in range(len(texts))]
            )
        self.present = [list(row) for row in zip(*columns, strict=True)]

    def join(self) -> None:
        """The first residual becomes that of the definition."""
        first, longest = self.residuals[0], self.longest
        first.shortcut, first.single = longest.shortcut, longest.single
        first.label, first.wanted = longest.label, longest.wanted

    def choose(self, taken: set[str]) -> list[tuple[str, list[bool]]]:
        """Puts steps that not all have under a condition; returns the parameters that this takes, and who sets them."""
        body = self.residuals[0].shortcut
        steps: list[Step] = []
        flags: list[tuple[str, list[bool]]] = []
        runs = groupby(zip(body.steps, self.present, strict=True), lambda pair: pair[1]) if body is not None else ()
        for present, run in runs:
            own = [step for step, _ in run]
            condition = None if all(present) else _condition(self.residuals, present)
            if condition is None and not all(present):
                condition = free_name(_FLAG, taken)
                taken.add(condition)
                flags.append((condition, present))
            steps += own if condition is None else [If(condition, Body(own))]
        if body is not None:
            body.steps = steps
        return flags


def parts(short: tuple[Hashable, ...], long: tuple[Hashable, ...]) -> set[int] | None:
    """Where the items of one row stand in another that has others between them; `None` where they do not."""
    places: set[int] = set()
    at = 0
    for item in short:
        while at < len(long) and long[at] != item:
            at += 1
        if at == len(long):
            return None
        places.add(at)
        at += 1
    return places


def _condition(together: tuple[Residual, ...], present: list[bool]) -> str | None:
    """What of the two ends tells the residuals that have a step from those that have none."""
    for text, holds in _CONDITIONS:
        if all({holds(*end) for end in step.ends} == {has} for step, has in zip(together, present, strict=True)):
            return text
    return None


# --- parameters ------------------------------------------------------------------------------------


def _parametrize(found: dict[Path, _Place], count: int, taken: set[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Puts a value or a parameter into every place; returns the parameters and what each execution gives them."""
    open_places: list[_Place] = []
    for place in found.values():
        if place.is_whole and place.constant is not _MISSING:
            place.slot.put(place.constant)
        else:
            open_places.append(place)
    bases, like = _bases(open_places)
    wishes = Counter(_wish(place.slot) for place in bases)
    params: dict[str, Any] = {}
    names: dict[int, str] = {}
    columns: dict[str, _Place] = {}
    for place in bases:
        name = names[id(place)] = _name(_wish(place.slot), wishes, {*taken, *params})
        params[name] = _default(place)
        columns[name] = place
    for place in open_places:
        base, factor = like.get(id(place), (None, 1))
        place.slot.put(place.constant if base is None else Param(names[id(base)], factor))
    arguments = [{name: _given(column, row, params[name]) for name, column in columns.items()} for row in range(count)]
    return params, arguments


def _bases(places: list[_Place]) -> tuple[list[_Place], dict[int, tuple[_Place, int]]]:
    """The places that become parameters, in the order of the text, and which of them each place is, times what.

    What every execution has, comes first: others can then be the same parameter. So do the smaller of widths.
    """
    order = sorted(range(len(places)), key=lambda at: (not places[at].is_whole, _size(places[at]), at))
    bases: dict[int, _Place] = {}
    like: dict[int, tuple[_Place, int]] = {}
    for at in order:
        place = places[at]
        found = next(((base, factor) for base in bases.values() if (factor := _factor(base, place))), None)
        if found is None and place.constant is _MISSING:
            bases[at] = place
            found = place, 1
        if found is not None:
            like[id(place)] = found
    return [bases[at] for at in sorted(bases)], like


def _given(column: _Place, row: int, default: Any) -> Any:
    value = column.values[row]
    if value is not _MISSING:
        return value
    return default if default is not REQUIRED else next(v for v in column.values if v is not _MISSING)


def _size(place: _Place) -> int:
    """Small widths before large ones."""
    if not _is_width(place.slot):
        return 0
    return sum(value for value in place.values if isinstance(value, int))


def _factor(base: _Place, place: _Place) -> int:
    """How often `place` is `base`, wherever both are known; 0 where it is not so."""
    texts = zip(base.texts, place.texts, strict=True)
    if all(other is None or one == other for one, other in texts):
        return 1
    if not (_is_width(base.slot) and _is_width(place.slot)):
        return 0
    factors = set()
    for one, other in zip(base.values, place.values, strict=True):
        if other is _MISSING:
            continue
        if not isinstance(one, int) or not isinstance(other, int) or other % one:
            return 0
        factors.add(other // one)
    return factors.pop() if len(factors) == 1 else 0


def _is_width(slot: Slot) -> bool:
    return slot.key.rstrip("0123456789") == "width"


def _wish(slot: Slot) -> str:
    name = slot.key.rstrip("0123456789") or slot.key
    return _NAMES.get(name, name)


def _name(wish: str, wishes: Counter[str], taken: set[str]) -> str:
    """The wish, with a number if it is not the only one."""
    if wishes[wish] == 1:
        return free_name(wish, taken)
    number = 1
    while f"{wish}{number}" in taken:
        number += 1
    return free_name(f"{wish}{number}", taken)


def _default(place: _Place) -> Any:
    """The most frequent value, for what need not be said in a call of what it is an argument of."""
    if _must_be_said(place.slot.step, place.slot.key):
        return REQUIRED
    frequent = Counter(text for text in place.texts if text is not None).most_common(1)[0][0]
    return next(value for value in place.values if value is not _MISSING and spelled(value) == frequent)


def _must_be_said(step: Step, key: str) -> bool:
    if not isinstance(step, Call):
        return not isinstance(step, Residual)
    if isinstance(step.callee, Block):
        return step.callee.params[key] is REQUIRED
    return isinstance(step.callee, str) and operator(step.callee).model_fields[key].is_required()


def _ordered(params: dict[str, Any]) -> dict[str, Any]:
    """Those without a default first."""
    return dict(sorted(params.items(), key=lambda item: item[1] is not REQUIRED))
