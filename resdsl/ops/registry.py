"""Finds operators by listing this package: a file `conv.py` is the operator `conv`, imported when first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from resdsl.diagnostics import InternalError
from resdsl.ops.base import Operator

_SHARED = frozenset(
    {
        "__init__",
        "arguments",
        "base",
        "channels_last",
        "describing",
        "dividing",
        "geometry",
        "init",
        "inputs",
        "merging",
        "padding",
        "pooling",
        "registry",
        "resizing",
    }
)


@cache
def operator_names() -> tuple[str, ...]:
    """All operators, sorted; nothing is imported."""
    return tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in _SHARED))


@cache
def operator(name: str) -> type[Operator]:
    """The class of the operator `name`, one of `operator_names()`."""
    module = import_module(f"resdsl.ops.{name}")
    found = [
        cls
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, Operator) and cls.__module__ == module.__name__
    ]
    if [cls.kind for cls in found] != [name]:
        raise InternalError(f"{module.__name__} must define exactly one operator of kind {name!r}, not {found}")
    return found[0]


def merge_names() -> tuple[str, ...]:
    """The operators written with braces."""
    return ("add", "concat", "mean", "mul")
