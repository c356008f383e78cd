"""Frozen records: what `@dataclass(frozen=True, slots=True)` gives, at a tenth of the cost of defining it.

A command defines some eighty before it reads its first line, and `dataclass` compiles seven functions for each and
makes each class twice: that was a fifth of the time of `resdsl check`. Here `__init__` alone is compiled. There is no
`field()` and no `__post_init__`; what needs one, or changes, is a dataclass.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NoReturn, dataclass_transform


@dataclass_transform(frozen_default=True)
class RecordType(type):
    """Makes the annotated names of a class body its slots and the parameters of its `__init__`, in order."""

    __match_args__: tuple[str, ...]
    record_values: Any
    """Of an instance: its fields as a tuple (one field as itself), for comparison."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> RecordType:
        own = tuple(space.get("__annotations__", ()))
        inherited: tuple[str, ...] = getattr(bases[0], "__match_args__", ()) if bases else ()
        names = inherited + own
        defaults = {field: space.pop(field) for field in own if field in space}
        made = super().__new__(cls, name, bases, {**space, "__slots__": own, "__match_args__": names})
        if names:
            made.record_values = attrgetter(*names)
            made.__init__ = _initializer(made, names, defaults)  # type: ignore[misc]  # each class has its own
        return made


def _initializer(made: type, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """`__init__` as one would write it, past the `__setattr__` that refuses."""
    setters = {f"set_{name}": getattr(made, name).__set__ for name in names}
    given = {f"default_{name}": value for name, value in defaults.items()}
    parameters = ", ".join(f"{name}=default_{name}" if name in defaults else name for name in names)
    body = "; ".join(f"set_{name}(self, {name})" for name in names)
    space: dict[str, Any] = {**setters, **given}
    exec(f"def __init__(self, {parameters}): {body}", space)  # noqa: S102 - the names of our own fields
    return space["__init__"]


class Record(metaclass=RecordType):
    """Base of the records. Equal are two of one class whose fields are equal."""

    def __eq__(self, other: object) -> bool:
        kind = type(self)
        if kind is not type(other):
            return NotImplemented
        return bool(kind.record_values(self) == kind.record_values(other))

    def __hash__(self) -> int:
        return hash(type(self).record_values(self))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__match_args__)
        return f"{type(self).__qualname__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in type(self).__match_args__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__qualname__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__qualname__} is frozen: {name} cannot be deleted")


class Unique(Record):
    """Base of the records that equal themselves alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__
