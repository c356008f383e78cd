"""One definition for many executions: where they differ, it has parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from resdsl.backends.res.slots import Path, Slot, slots
from resdsl.backends.res.steps import REQUIRED, Block, Body, Call, Param, Residual, Step, walk
from resdsl.backends.res.values import spelled
from resdsl.backends.res.words import free_name
from resdsl.ops.registry import operator

_CONDITIONS: tuple[tuple[str, Callable[[int, int, bool], bool]], ...] = (
    ("in.channels != out.channels", lambda given, made, _: given != made),
    ("out.stride != 1", lambda _given, _made, moved: moved),
    ("in.channels != out.channels or out.stride != 1", lambda given, made, moved: given != made or moved),
)
"""What a shortcut may depend on: channels in, channels out, and whether anything strides between them."""

_NAMES = {"survival": "chance", "count": "n", "init": "filler"}


@dataclass(slots=True)
class _Place:
    """A value that is not the same in all executions; `None` where an execution has no such place."""

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
    own = [slots(body) for body in bodies]
    flags = _join_shortcuts(bodies)
    joined = slots(bodies[0])
    found = {path: _Place(slot, [_at(mine, path) for mine in own]) for path, slot in joined.items()}
    params, arguments = _parametrize(found, len(bodies), taken)
    for condition, present in flags:
        name = free_name("project", {*taken, *params})
        params[name] = False
        condition.condition = name
        for mine, has in zip(arguments, present, strict=True):
            mine[name] = has
    return Unified(bodies[0], _ordered(params), arguments)


def _at(own: dict[Path, Slot], path: Path) -> Any:
    return own[path].value if path in own else _MISSING


# --- shortcuts -------------------------------------------------------------------------------------


def _join_shortcuts(bodies: list[Body]) -> list[tuple[Body, list[bool]]]:
    """Gives the first body the shortcuts that any has; returns those that need a parameter, and who has them."""
    flags: list[tuple[Body, list[bool]]] = []
    residuals = [[step for step in walk(body) if isinstance(step, Residual)] for body in bodies]
    for together in zip(*residuals, strict=True):
        present = [step.shortcut is not None for step in together]
        if all(present) or not any(present):
            continue
        giver = together[present.index(True)]
        target = together[0]
        target.shortcut, target.single, target.label = giver.shortcut, giver.single, giver.label
        target.wanted = giver.wanted
        assert target.shortcut is not None
        target.shortcut.condition = _condition(together, present)
        if target.shortcut.condition is None:
            flags.append((target.shortcut, present))
    return flags


def _condition(together: tuple[Residual, ...], present: list[bool]) -> str | None:
    """What of the two ends tells the residuals that have a shortcut from those that have none."""
    for text, holds in _CONDITIONS:
        if [holds(*step.ends) for step in together] == present:
            return text
    return None


# --- parameters ------------------------------------------------------------------------------------


def _parametrize(found: dict[Path, _Place], count: int, taken: set[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    params: dict[str, Any] = {}
    columns: dict[str, _Place] = {}
    open_places: list[_Place] = []
    for place in found.values():
        if place.constant is not _MISSING and place.is_whole:
            place.slot.put(place.constant)
        else:
            open_places.append(place)
    # What every execution has, comes first: others can then be the same parameter. So do the smaller of widths.
    order = sorted(range(len(open_places)), key=lambda at: (not open_places[at].is_whole, _size(open_places[at]), at))
    chosen: dict[int, Param] = {}
    bases: dict[int, _Place] = {}
    for at in order:
        place = open_places[at]
        base = next(((b, f) for b, other in bases.items() if (f := _factor(other, place))), None)
        if base is not None:
            chosen[at] = Param(str(base[0]), base[1])
        elif place.constant is _MISSING:
            bases[at] = place
    names: dict[int, str] = {}
    for at in range(len(open_places)):  # named in the order of the text
        if at in bases:
            name = free_name(_wish(open_places[at].slot), {*taken, *params})
            names[at] = name
            params[name] = _default(open_places[at])
            columns[name] = open_places[at]
    for at, place in enumerate(open_places):
        if at in names:
            place.slot.put(Param(names[at]))
        elif at in chosen:
            place.slot.put(Param(names[int(chosen[at].name)], chosen[at].factor))
        else:
            place.slot.put(place.constant)
    arguments = [{name: _given(column, row, params[name]) for name, column in columns.items()} for row in range(count)]
    return params, arguments


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
