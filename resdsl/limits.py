"""Limits that make compilation total: a spec can neither hang nor exhaust the compiler. Each has a flag."""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time


@dataclass(frozen=True, slots=True)
class Limits:
    file_bytes: int = 8_000_000
    """Size of one file."""
    nesting: int = 200
    """Braces and brackets within each other in the text, lists within lists."""
    recursion: int = 1_000
    """Calls of blocks and functions within each other."""
    items: int = 1_000_000
    """Nodes of a graph, repetitions and scopes of it, items of a list, characters of a string, words of a file."""
    bits: int = 4_096
    """Length of a number (and of a denominator)."""
    seconds: float = 5.0
    """Time for reading a file and for elaborating all that is in it, and for comparing two graphs, of the processor."""


DEFAULT = Limits()


class Deadline:
    """When the time that the limits allow is over. It counts this thread's work, so that a busy machine is no fault."""

    def __init__(self, limits: Limits) -> None:
        self._end = thread_time() + limits.seconds

    @property
    def passed(self) -> bool:
        return thread_time() > self._end
