"""Runs in `nn.Sequential`: equal modules, or ones whose numbers grow by equal steps, are written once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard

from resdsl.ops.base import Literal, Unset

Call = tuple[str, list["Piece"]]


@dataclass(frozen=True, slots=True)
class Piece:
    """One argument: what stands before its value, the value's text, and the value if it is a literal."""

    prefix: str
    value: str
    literal: Literal | Unset = Unset.UNSET

    @property
    def text(self) -> str:
        return self.prefix + self.value


@dataclass(frozen=True, slots=True)
class Run:
    """`count` calls from `start` on that differ by constant steps."""

    start: int
    count: int
    steps: tuple[Fraction, ...]


def fold_plain(calls: list[Call]) -> list[str]:
    """Elements of `nn.Sequential(...)`."""
    parts: list[str] = []
    for run in runs(calls):
        if run.count == 1:
            parts.append(text(calls[run.start]))
        elif not any(run.steps):
            parts.append(f"*({text(calls[run.start])} for _ in range({run.count}))")
        else:
            body, span = progression(calls, run)
            parts.append(f"*({body} for i in {span})")
    return parts


def fold_named(names: list[str], calls: list[Call]) -> str | None:
    """The argument of `nn.Sequential` for `layer1`, `layer2`, ...; `None` if the names or calls are no run."""
    matches = [re.fullmatch(r"([A-Za-z_]\w*?)(\d+)", name) for name in names]
    if len(names) < 3 or not all(matches):
        return None
    stems = {m.group(1) for m in matches if m}
    numbers = [int(m.group(2)) for m in matches if m]
    plain = all(str(n) == m.group(2) for n, m in zip(numbers, matches, strict=True) if m)
    found = runs(calls)
    if len(stems) != 1 or not plain or numbers != list(range(numbers[0], numbers[0] + len(numbers))) or len(found) != 1:
        return None
    body, span = progression(calls, found[0], numbers[0])
    return f'OrderedDict((f"{stems.pop()}{{i}}", {body}) for i in {span})'


def runs(calls: list[Call]) -> list[Run]:
    """Greedy: the longest run of at least two equal calls, or three that grow by equal steps, from each place."""
    found: list[Run] = []
    start = 0
    while start < len(calls):
        run = _run(calls, start)
        found.append(run)
        start += run.count
    return found


def _run(calls: list[Call], start: int) -> Run:
    if start + 1 >= len(calls):
        return Run(start, 1, ())
    steps = _steps(calls[start], calls[start + 1])
    if steps is None:
        return Run(start, 1, ())
    end = start + 2
    while end < len(calls) and _steps(calls[end - 1], calls[end]) == steps:
        end += 1
    if any(steps) and end - start < 3:
        return Run(start, 1, ())
    return Run(start, end - start, steps)


def _steps(a: Call, b: Call) -> tuple[Fraction, ...] | None:
    """By how much each argument grows from one call to the next; `None` if they differ otherwise."""
    if a[0] != b[0] or len(a[1]) != len(b[1]):
        return None
    steps = []
    for x, y in zip(a[1], b[1], strict=True):
        if x.prefix != y.prefix:
            return None
        if x.text == y.text:
            steps.append(Fraction(0))
        elif _is_number(x.literal) and _is_number(y.literal):
            steps.append(Fraction(y.literal) - Fraction(x.literal))
        else:
            return None
    return tuple(steps)


def _is_number(value: Literal | Unset) -> TypeGuard[int | Fraction]:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def progression(calls: list[Call], run: Run, first: int | None = None) -> tuple[str, str]:
    """The call with its numbers written over `i`, and the range of `i`."""
    start = _natural_start(calls, run) if first is None else first
    name, pieces = calls[run.start]
    texts = []
    for piece, step in zip(pieces, run.steps or (Fraction(0),) * len(pieces), strict=True):
        if step == 0:
            texts.append(piece.text)
            continue
        assert _is_number(piece.literal)
        base = Fraction(piece.literal) - step * start
        texts.append(piece.prefix + affine(base, step))
    span = f"range({run.count})" if start == 0 else f"range({start}, {start + run.count})"
    body = f"{name}({', '.join(texts)})" if texts or not name.endswith(")") else name
    return body, span


def _natural_start(calls: list[Call], run: Run) -> int:
    """Counts so that a schedule reads as its formula: `1 - i / 108` from its place in the whole net."""
    for piece, step in zip(calls[run.start][1], run.steps, strict=True):
        if step and isinstance(piece.literal, Fraction):
            place = (piece.literal - 1) / step
            if place.denominator == 1 and place >= 0:
                return int(place)
    return 0


def affine(base: Fraction, step: Fraction) -> str:
    """`64 + 32 * i`, `1 - i / 108`."""
    size = abs(step)
    if size.denominator == 1:
        term = "i" if size == 1 else f"{size.numerator} * i"
    else:
        term = f"i / {size.denominator}" if size.numerator == 1 else f"{size.numerator} * i / {size.denominator}"
    if base == 0 and step > 0:
        return term
    number = str(base.numerator) if base.denominator == 1 else repr(float(base))
    return f"{number} {'+' if step > 0 else '-'} {term}"


def text(call: Call) -> str:
    name, pieces = call
    return f"{name}({', '.join(p.text for p in pieces)})" if pieces or not name.endswith(")") else name
