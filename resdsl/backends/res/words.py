"""Names that may be given: none that the language has already."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from resdsl.elaborate.functions import builtins
from resdsl.elaborate.names import CONTEXTUAL
from resdsl.limits import DEFAULT
from resdsl.ops.init import INITS
from resdsl.ops.registry import operator_names
from resdsl.syntax.keywords import KEYWORDS, PREDEFINED_VALUES

LOOP = "i"
"""The variable of loops."""


@cache
def _reserved() -> frozenset[str]:
    predefined = {*operator_names(), *builtins(DEFAULT), *INITS, *CONTEXTUAL}
    return KEYWORDS | PREDEFINED_VALUES | predefined | {LOOP, "x"}


def is_plain(name: str) -> bool:
    """Whether a label can be written without quotes."""
    return name.isascii() and name.isidentifier()


def is_free(name: str) -> bool:
    """Whether a value, parameter or block may have the name."""
    return is_plain(name) and name not in _reserved()


def free_name(wish: str, taken: Container[str]) -> str:
    """The wish, or the first of wish2, wish3, ... that is free."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in wish) or "part"
    if plain[0].isdigit():
        plain = f"_{plain}"
    if is_free(plain) and plain not in taken:
        return plain
    number = 2
    while not is_free(f"{plain}{number}") or f"{plain}{number}" in taken:
        number += 1
    return f"{plain}{number}"
