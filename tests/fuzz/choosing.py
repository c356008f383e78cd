"""Where a generator's decisions come from: a seed, Hypothesis, or the bytes of a coverage-guided fuzzer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices(Protocol):
    """Numbers to decide by; 0 is the plainest decision, to which a search for a small example leads."""

    def below(self, end: int) -> int:
        """A number from 0 up to, not including, `end`."""
        ...


class Seeded:
    """The same decisions for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def below(self, end: int) -> int:
        return int(self._random.random() * end)


class Drawn:
    """Decisions that Hypothesis makes, and makes smaller."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, end: int) -> int:
        return self._draw(st.integers(0, end - 1)) if end > 1 else 0


class Fed:
    """Decisions out of bytes, two for each; 0 when there are no more."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, end: int) -> int:
        self._at += 2
        return int.from_bytes(self._data[self._at - 2 : self._at]) % end


def pick(choices: Choices, options: Sequence[T]) -> T:
    return options[choices.below(len(options))]


def chance(choices: Choices, one_in: int) -> bool:
    """True once in so many times."""
    return choices.below(one_in) == one_in - 1
