"""Items of two sequences, matched: against difflib where there is time, and in order where there is none."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import combinations
from random import Random

import pytest

from resdsl.analysis.alignment import aligned

DRAWN = [
    ("".join(draw.choices("abc", k=draw.randint(0, 8))), "".join(draw.choices("abc", k=draw.randint(0, 8))))
    for draw in map(Random, range(200))
]


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_with_time_enough_as_difflib(start: int) -> None:
    for mine, theirs in DRAWN[start : start + 50]:
        blocks = SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
        assert aligned(mine, theirs) == [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_without_time_by_number(start: int) -> None:
    for mine, theirs in DRAWN[start : start + 50]:
        numbered = [[(item, text[:place].count(item)) for place, item in enumerate(text)] for text in (mine, theirs)]
        pairs = [(a, numbered[1].index(one)) for a, one in enumerate(numbered[0]) if one in numbered[1]]
        rising = (
            size
            for size in range(len(pairs), -1, -1)
            for some in combinations(pairs, size)
            if [b for _, b in some] == sorted(b for _, b in some)
        )
        found = aligned(mine, theirs, work=0)
        assert set(found) <= set(pairs)
        assert [b for _, b in found] == sorted(b for _, b in found)
        assert len(found) == next(rising)


def test_what_is_left_when_the_time_is_over_is_matched_too() -> None:
    mine, theirs = "x" + "ab" * 50, "y" + "abc" * 50
    for work in (0, 3_000, 30_000, 10**6):
        assert len(aligned(mine, theirs, work=work)) == 100
