"""Numbers, sizes and strings, from their text to their values."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.faults import Faults
from resdsl.syntax.pieces import Kid, token_of

ParseInner = Callable[[int, int], "tree.Expr | None"]
"""Parses the expression between two offsets; `None` if that failed and was reported."""

_PLAIN_DIGITS = 9
"""Numbers so short are within every limit."""
_SUFFIXES = {"K": 10**3, "M": 10**6, "G": 10**9}


def _digits(faults: Faults) -> int:
    """How many decimal digits the limit of bits leaves (a digit has more than 10/3 bits)."""
    return faults.limits.bits * 3 // 10


def size(faults: Faults, kid: Kid) -> tree.SizeLit:
    """A size like `3x224x224`."""
    span = faults.span(kid)
    values = str(token_of(kid)).split("x")
    if max(map(len, values)) > _digits(faults):
        _too_long(faults, span)
        values = ["1" for _ in values]
    return tree.SizeLit(span, tuple(int(value) for value in values))


def _too_long(faults: Faults, span: Span) -> None:
    help_ = "--max-bits raises the limit"
    faults.complain("E008", f"a number has more than {faults.limits.bits} bits", span, help=help_)


def number(faults: Faults, kid: Kid) -> tree.Number:
    """An exact number; one beyond the limit of bits is a fault and counts as 1."""
    span = faults.span(kid)
    text = str(token_of(kid))
    if text.isdigit() and len(text) <= _PLAIN_DIGITS:
        return tree.Number(span, int(text), text)
    digits = text.replace("_", "")
    factor = _SUFFIXES.get(digits[-1], 1)
    mantissa, _, exponent = (digits[:-1] if factor > 1 else digits).lower().partition("e")
    most = _digits(faults)
    if len(mantissa) > most or len(exponent) > _PLAIN_DIGITS or abs(int(exponent or 0)) > most:
        _too_long(faults, span)
        return tree.Number(span, 1, text)
    value = Fraction(mantissa) * Fraction(10) ** int(exponent or 0) * factor
    return tree.Number(span, int(value) if value.denominator == 1 else value, text)


def text(faults: Faults, kid: Kid, parse_inner: ParseInner) -> tree.Text:
    """The pieces of a string, its holes parsed where they stand."""
    start, end = kid.start_pos or 0, kid.end_pos or 0
    whole = faults.source.text
    parts: list[str | tree.Expr] = []
    literal: list[str] = []
    at = start + 1
    while at < end - 1:
        char = whole[at]
        if char not in "{}":
            literal.append(char)
            at += 1
        elif whole.startswith(char * 2, at, end - 1):
            literal.append(char)
            at += 2
        elif char == "}":
            faults.complain("E019", "`}` stands alone in a string: write `}}`", Span(faults.source, at, at + 1))
            at += 1
        else:
            close = whole.find("}", at, end - 1)
            if close < 0:
                place = Span(faults.source, at, at + 1)
                faults.complain("E019", "`{` is not closed in this string", place, help="write `{{` for a brace")
                break
            inner = parse_inner(at + 1, close)
            if inner is not None:
                if literal:
                    parts.append("".join(literal))
                    literal.clear()
                parts.append(inner)
            at = close + 1
    if literal:
        parts.append("".join(literal))
    return tree.Text(Span(faults.source, start, end), tuple(parts))
