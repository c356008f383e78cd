"""Did-you-mean: the nearest of the names that would have been right, and the change of the text that writes it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypedDict

from resdsl.diagnostics.model import Edit, Fix
from resdsl.source import Span


class Respelling(TypedDict):
    """What a diagnostic says and offers for a name that may be a slip: its keywords `help` and `fixes`."""

    help: str | None
    fixes: tuple[Fix, ...]


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most alike, if it is alike enough to be a slip; the first by name among equals."""
    near = neighbours(name, candidates)
    return near[0] if near else None


def neighbours(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """All candidates that are alike enough for `name` to be a slip of them, the most alike first.

    A name that is one slip away comes before one that only shares letters (`rleu`: relu, then prelu).
    """
    return _neighbours(name, frozenset(candidates))


@lru_cache(maxsize=256)  # a fault within a repeat is met at each repetition
def _neighbours(name: str, candidates: frozenset[str]) -> tuple[str, ...]:
    from difflib import SequenceMatcher  # not at the top: most texts have no slips

    found: list[tuple[int, float, str]] = []
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.lower())
    for candidate in sorted(candidates):
        if candidate == name:
            continue
        matcher.set_seq1(candidate.lower())
        slips = _slips(name, candidate)
        if slips < _SEVERAL and len(name) == len(candidate) > 1:
            ratio = max(_ALIKE, matcher.ratio())  # the ratio is too strict with short ones: `bm` for `bn`
        elif matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
            continue
        else:
            ratio = matcher.ratio()
        if ratio >= _ALIKE:
            found.append((slips, -ratio, candidate))
    return tuple(candidate for _, _, candidate in sorted(found))


def respelling(name: str, span: Span, candidates: Iterable[str], otherwise: str | None = None) -> Respelling:
    """Help and fixes for a name at `span` that is none of the candidates; `otherwise` is the help without a near one.

    The fix is safe if one candidate alone is near, or one slip away, or the same but for capitals; a short name
    has to be within one slip.
    """
    near = neighbours(name, candidates)
    if not near:
        return {"help": otherwise, "fixes": ()}
    slips = [_slips(name, candidate) for candidate in near]
    alone = len(near) == 1 and (slips[0] < _SEVERAL or len(name) > _SHORT)
    sure = alone or (len(near) > 1 and slips[0] < min(slips[1], _SEVERAL))
    fixes = tuple(replacement(span, text, safe=sure and text == near[0]) for text in near[:_OFFERED])
    return {"help": f"did you mean `{near[0]}`?", "fixes": fixes}


def replacement(span: Span, text: str, *, safe: bool) -> Fix:
    """The fix that writes a text in the place of another."""
    return Fix(f"write `{text}`", (Edit(span, text),), safe)


def _slips(name: str, candidate: str) -> int:
    """How far a name is from another: not at all but for capitals, one slip, or several."""
    name, candidate = name.lower(), candidate.lower()
    return 0 if name == candidate else 1 if one_slip(name, candidate) else _SEVERAL


def one_slip(name: str, other: str) -> bool:
    """Whether names differ in one letter, or by one that is missing or too many, or by two that changed places."""
    if abs(len(name) - len(other)) > 1 or name == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), min(len(name), len(other)))
    a, b = name[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


_ALIKE = 0.65
"""Of two names, twice the letters they share over all their letters: one slip in three letters passes."""
_SEVERAL = 2
_SHORT = 5
"""Letters of a name that two slips make another word."""
_OFFERED = 3
