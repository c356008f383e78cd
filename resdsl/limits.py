"""Limits that make compilation total: a spec can neither hang nor exhaust the compiler. Each has a flag."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int = 8_000_000
    """Size of one file."""
    nesting: int = 200
    """Braces and brackets within each other in the text."""
    recursion: int = 1_000
    """Calls of blocks and functions within each other."""
    items: int = 1_000_000
    """Nodes of a graph, items of a list."""
    bits: int = 4_096
    """Length of a number (and of a denominator)."""
    seconds: float = 10.0
    """Time for elaboration."""


DEFAULT = Limits()
