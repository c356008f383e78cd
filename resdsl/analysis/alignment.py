"""Which items of one sequence are which of another, in bounded time."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

Pair = tuple[int, int]

WORK = 10_000_000
"""Comparisons for the longest runs: a second or two."""


def aligned(mine: Sequence[str], theirs: Sequence[str], work: int = WORK) -> list[Pair]:
    """Places of equal items, in order in both: the longest run of both, then likewise before and behind it.

    That takes time with the square of the lengths or worse. What would take more than `work` comparisons is matched by
    number instead, the tenth of its kind with the tenth.
    """
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    equal = Counter(theirs)
    costs = list(accumulate((1 + equal[item] for item in mine), initial=0))
    pairs: list[Pair] = []
    ranges = [(0, len(mine), 0, len(theirs))]
    while ranges:
        a, a_end, b, b_end = ranges.pop()
        cost = costs[a_end] - costs[a]
        if cost > work:
            pairs += ((a + i, b + j) for i, j in _by_number(mine[a:a_end], theirs[b:b_end]))
            continue
        work -= cost
        run = matcher.find_longest_match(a, a_end, b, b_end)
        if run.size:
            pairs += ((run.a + i, run.b + i) for i in range(run.size))
            ranges += [(a, run.a, b, run.b), (run.a + run.size, a_end, run.b + run.size, b_end)]
    return sorted(pairs)


def _by_number(mine: Sequence[str], theirs: Sequence[str]) -> list[Pair]:
    """The n-th of equal items with the n-th: as many of these pairs as are in order in both."""
    places: dict[str, list[int]] = {}
    for b, item in enumerate(theirs):
        places.setdefault(item, []).append(b)
    seen: Counter[str] = Counter()
    candidates: list[Pair] = []
    for a, item in enumerate(mine):
        if seen[item] < len(places.get(item, ())):
            candidates.append((a, places[item][seen[item]]))
            seen[item] += 1
    return _rising(candidates)


def _rising(pairs: list[Pair]) -> list[Pair]:
    """The longest selection, in order, of pairs with distinct second numbers whose second numbers rise."""
    lasts: list[int] = []
    """For each length, the least second number at which a selection of that length ends."""
    lengths: list[int] = []
    for _, b in pairs:
        at = bisect_left(lasts, b)
        lasts[at : at + 1] = [b]
        lengths.append(at + 1)
    chosen: list[Pair] = []
    wanted = len(lasts)
    for pair, length in zip(reversed(pairs), reversed(lengths), strict=True):
        if length == wanted and (not chosen or pair[1] < chosen[-1][1]):
            chosen.append(pair)
            wanted -= 1
    return chosen[::-1]
