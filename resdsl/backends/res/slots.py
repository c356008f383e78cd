"""Bodies as structure and values: what must agree between two executions, and what may differ."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from resdsl.backends.res.steps import (
    Arguments,
    Aux,
    Block,
    Body,
    Braces,
    Call,
    Count,
    Dense,
    From,
    Keep,
    Kept,
    Merge,
    Repeat,
    Residual,
    Step,
    Then,
)
from resdsl.backends.res.values import spelled

Path = tuple[int | str, ...]


def structure(body: Body, *, shortcuts: bool = True) -> Hashable:
    """All but the values of arguments. Without `shortcuts`, whether residuals have one does not count."""
    shared = tuple((one.name, step_structure(one.step, shortcuts=shortcuts)) for one in body.shared)
    steps = tuple(step_structure(step, shortcuts=shortcuts) for step in body.steps)
    return (steps, shared, body.schedule, body.numbered, body.naming)


def step_structure(step: Step, *, shortcuts: bool = True) -> Hashable:
    """That of one step."""
    inner = tuple(structure(body, shortcuts=shortcuts) for body in step.bodies())
    kept = tuple((name, value.name) for name, value in step.arguments.items() if isinstance(value, Kept))
    own: Hashable = None
    match step:
        case Call(callee=callee):
            own = id(callee) if isinstance(callee, Block) else step.kind
        case Keep(names=names):
            own = names
        case From(name=name):
            own = name
        case Braces(word=word, title=title):
            own = (word, title if word == "region" else "", step.body.numbered)
        case Residual():
            has = (step.shortcut is not None, step.single, step.label)
            own = (has if shortcuts else None, step.gate is None, step.carry is None, step.survival)
            if not shortcuts:
                parts = (step.main, step.gate, step.carry)
                inner = tuple(structure(part, shortcuts=False) for part in parts if part is not None)
                return (type(step).__name__, own, kept, inner)
        case Merge(kind=kind, counts=counts):
            own = (kind, tuple(counts))
        case Count(prefix=prefix, start=start, stop=stop):
            own = (prefix, start, stop)
        case Aux() | Repeat() | Dense():
            own = tuple(step.arguments)
    return (type(step).__name__, step.label, own, kept, inner)


@dataclass(slots=True)
class Slot:
    """A value of an argument, and where it stands. `repeat` is the innermost repeat around it."""

    owner: Arguments
    key: str
    step: Step
    part: str
    """`first` or `later` of a `then`, or empty."""
    repeat: Repeat | None

    @property
    def value(self) -> Any:
        value = self.owner[self.key]
        return getattr(value, self.part) if self.part else value

    def put(self, value: Any) -> None:
        if self.part:
            old = self.owner[self.key]
            value = Then(value, old.later) if self.part == "first" else Then(old.first, value)
        self.owner[self.key] = value


def slots(body: Body) -> dict[Path, Slot]:
    """All values by their place, in order: equal places in bodies of one structure belong together."""
    return dict(_slots(body, (), None))


def _slots(body: Body, path: Path, repeat: Repeat | None) -> Iterator[tuple[Path, Slot]]:
    for number, declaration in enumerate(body.shared):
        yield from _step_slots(declaration.step, (*path, "shared", number), repeat)
    for number, step in enumerate(body.steps):
        yield from _step_slots(step, (*path, number), repeat)


def _step_slots(step: Step, path: Path, repeat: Repeat | None) -> Iterator[tuple[Path, Slot]]:
    for key, value in step.arguments.items():
        if isinstance(value, Then):
            yield (*path, key, "first"), Slot(step.arguments, key, step, "first", repeat)
            yield (*path, key, "later"), Slot(step.arguments, key, step, "later", repeat)
        elif not isinstance(value, Kept):
            yield (*path, key), Slot(step.arguments, key, step, "", repeat)
    if isinstance(step, Residual):
        parts = (("main", step.main), ("shortcut", step.shortcut), ("gate", step.gate), ("carry", step.carry))
        for name, part in parts:
            if part is not None:
                yield from _slots(part, (*path, name), repeat)
        return
    for number, inner in enumerate(step.bodies()):
        below = step if isinstance(step, Repeat) else repeat
        yield from _slots(inner, (*path, "in", number), below)


def values(body: Body) -> dict[Path, str]:
    """The values by their place, as text."""
    return {path: spelled(slot.value) for path, slot in slots(body).items()}


def equal(one: Body, other: Body) -> bool:
    """Whether two bodies are the same text."""
    return structure(one) == structure(other) and values(one) == values(other)
