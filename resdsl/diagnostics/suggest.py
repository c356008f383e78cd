"""Did-you-mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most alike, if it is alike enough to be a slip; the first by name among equals."""
    best: tuple[float, str] | None = None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.lower())
    for candidate in sorted(set(candidates)):
        if candidate == name:
            continue
        matcher.set_seq1(candidate.lower())
        if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
            continue
        ratio = matcher.ratio()
        if ratio >= _ALIKE and (best is None or ratio > best[0]):
            best = ratio, candidate
    return best[1] if best else None


_ALIKE = 0.65
"""Of two names, twice the letters they share over all their letters: one slip in three letters passes."""
