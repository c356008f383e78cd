"""Did-you-mean: the nearest of the names that would have been right, and the change of the text that writes it."""

from __future__ import annotations

from collections.abc import Iterable
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
    """All candidates that are alike enough for `name` to be a slip of them, the most alike first."""
    from difflib import SequenceMatcher  # not at the top: most texts have no slips

    found: list[tuple[float, str]] = []
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
        if ratio >= _ALIKE:
            found.append((ratio, candidate))
    found.sort(key=lambda pair: -pair[0])
    return tuple(candidate for _, candidate in found)


def respelling(name: str, span: Span, candidates: Iterable[str], otherwise: str | None = None) -> Respelling:
    """Help and fixes for a name at `span` that is none of the candidates; `otherwise` is the help without a near one.

    With one near candidate the fix is safe; with several each is offered, and none is.
    """
    near = neighbours(name, candidates)
    if not near:
        return {"help": otherwise, "fixes": ()}
    safe = len(near) == 1
    fixes = tuple(replacement(span, text, safe=safe) for text in near[:_OFFERED])
    return {"help": f"did you mean `{near[0]}`?", "fixes": fixes}


def replacement(span: Span, text: str, *, safe: bool) -> Fix:
    """The fix that writes a text in the place of another."""
    return Fix(f"write `{text}`", (Edit(span, text),), safe)


def _one_letter_off(name: str, other: str) -> bool:
    """Names of two letters and more that differ in one (`bm` for `bn`): the ratio is too strict with short ones."""
    return len(name) == len(other) > 1 and sum(a != b for a, b in zip(name, other, strict=True)) == 1


_ALIKE = 0.65
"""Of two names, twice the letters they share over all their letters: one slip in three letters passes."""
_OFFERED = 3
