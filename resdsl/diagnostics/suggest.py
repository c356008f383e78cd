"""Did-you-mean: the nearest of the names that would have been right."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most alike, if it is alike enough to be a slip; the first by name among equals."""
    from difflib import SequenceMatcher  # not at the top: most texts have no slips

    best: tuple[float, str] | None = None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.lower())
    for candidate in sorted(set(candidates)):
        if candidate == name:
            continue
        matcher.set_seq1(candidate.lower())
        if _one_letter_off(name.lower(), candidate.lower()):
            ratio = max(_ALIKE, matcher.ratio())
        elif matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
            continue
        else:
            ratio = matcher.ratio()
        if ratio >= _ALIKE and (best is None or ratio > best[0]):
            best = ratio, candidate
    return best[1] if best else None


def _one_letter_off(name: str, other: str) -> bool:
    """Names of two letters and more that differ in one (`bm` for `bn`): the ratio is too strict with short ones."""
    return len(name) == len(other) > 1 and sum(a != b for a, b in zip(name, other, strict=True)) == 1


_ALIKE = 0.65
"""Of two names, twice the letters they share over all their letters: one slip in three letters passes."""
