"""How a syntax fault is mended where it is plain what was meant: the signs of other languages and of typeset text."""

from __future__ import annotations

import re

from lark.lexer import Token

from resdsl.diagnostics import Edit, Fix
from resdsl.diagnostics.suggest import replacement, respelling
from resdsl.source import Source, Span

ITEMS = ("use", "let", "block", "model")
"""What an item of a file begins with."""
_SIGNS = {
    "\u2192": "->", "\u27f6": "->", "\u00d7": "x", "\u2212": "-", "\u2013": "-",
    "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u00a0": " ",
}  # fmt: skip
"""Typeset signs and how they are written; as code points, since they look like their plain ones."""
_SIZE = re.compile("(?:\u00d7[0-9]+)+")
"""The rest of a size that is written with signs of multiplication."""
_VALUES = frozenset('0123456789"[-')
"""What a value begins with that no step does."""
_BRACED = frozenset({"gate", "carry", "residual", "dense"})
"""Words that braces follow."""
_QUOTES = {"\u201c": "\u201d", "\u2018": "\u2019", "'": "'"}


def mends(source: Source, tokens: list[Token], at: int, fits: set[str]) -> tuple[Fix, ...]:
    """The fixes for the token at `at`, where only tokens of the kinds in `fits` could stand."""
    token = tokens[at]
    kind = token.type
    here = _span(source, token)
    before = tokens[at - 1] if at else None
    if kind == "BAD":
        return _character(source, here)
    if before is not None and str(before) == str(token) == "*" and before.end_pos == token.start_pos:
        return (replacement(_span(source, before).to(here), "^", safe=True),)
    if str(token) == "elif":
        return (replacement(here, "else if", safe=True),)
    if str(token) == "//" and "BLOCK" in fits:
        return (replacement(here, "#", safe=True),)
    if kind == "COLON" and "LBRACE" in fits and tokens[at + 1].type in {"_NL", "$END"}:
        return ()  # a body as Python has them: where it ends is not known
    if kind == "EQUAL" and "COLON" in fits:
        return _assigned(source, tokens, at)
    if kind == "COLON" and "EQUAL" in fits:
        return (_spaced(here, "=", safe=True),)
    if kind == "EQUAL" and "CMP" in fits:
        return (replacement(here, "==", safe=True),)
    if kind == "COMMA" and "ARROW" in fits:
        return (_spaced(here, "->", safe=False),)  # or a merge is meant
    if kind == "NAME" and "LBRACE" in fits and str(before) in _BRACED:
        return (Fix("write braces", (Edit(_before(here), "{ "), Edit(_end(source, tokens, at), " }")), safe=False),)
    if kind == "NAME" and "BLOCK" in fits:
        return respelling(str(token), here, ITEMS)["fixes"]
    return ()


def _assigned(source: Source, tokens: list[Token], at: int) -> tuple[Fix, ...]:
    """For `name = ...` where a step stands: a `let` if a value follows, else a label (or a `let` was meant)."""
    here = _span(source, tokens[at])
    if not at:
        return (replacement(here, ":", safe=False),)
    before = tokens[at - 1]
    if str(tokens[at + 1])[:1] in _VALUES:
        return (Fix("write `let`", (Edit(_before(_span(source, before)), "let "),), safe=False),)
    name = Span(source, before.end_pos or 0, here.end)
    blank = not Span(source, name.start, here.start).text.strip(" \t")
    return (replacement(name if blank else here, ":", safe=False),)


def _before(here: Span) -> Span:
    return Span(here.source, here.start, here.start)


def _end(source: Source, tokens: list[Token], at: int) -> Span:
    """Where the call ends whose name is the token at `at`."""
    depth = 0
    end = at
    for place in range(at + 1, len(tokens)):
        kind = tokens[place].type
        if kind == "LPAR":
            depth += 1
        elif kind == "RPAR":
            depth -= 1
        if depth <= 0:
            end = place if kind == "RPAR" and depth == 0 else end
            break
    place = tokens[end].end_pos or 0
    return Span(source, place, place)


def _span(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos or 0, token.end_pos or 0)


def _character(source: Source, here: Span) -> tuple[Fix, ...]:
    """For a character that no token begins with."""
    text, char = source.text, here.text
    following = text[here.end : here.end + 1]
    if char in _QUOTES:
        return _quoted(source, here, _QUOTES[char])
    if char == "&":
        both = Span(source, here.start, here.end + (following == "&"))
        return (_spaced(both, "and", safe=True),)
    if char == "!" and following not in {"", "="}:
        return (replacement(here, "not ", safe=True),)
    sign = _SIGNS.get(char)
    if sign is None:
        return ()
    if sign == "x" and _SIZE.match(text, here.start) and text[here.start - 1 : here.start].isdigit():
        return (_size(source, here),)
    if sign in {"-", " "}:
        return (replacement(here, sign, safe=True),)
    return (_spaced(here, sign, safe=True),)


def _size(source: Source, here: Span) -> Fix:
    """A size whose signs of multiplication become `x`, from this one on."""
    size = _SIZE.match(source.text, here.start)
    assert size is not None
    places = [at for at in range(size.start(), size.end()) if source.text[at] == here.text]
    return Fix("write `x`", tuple(Edit(Span(source, at, at + 1), "x") for at in places), safe=True)


def _quoted(source: Source, here: Span, closing: str) -> tuple[Fix, ...]:
    """Plain quotes for others, if the string ends on its line and has no plain ones in it."""
    line_end = source.text.find("\n", here.end)
    end = source.text.find(closing, here.end, line_end if line_end >= 0 else len(source.text))
    if end < 0 or '"' in source.text[here.end : end]:
        return ()
    edits = Edit(here, '"'), Edit(Span(source, end, end + 1), '"')
    return (Fix("write plain quotes", edits, safe=True),)


def _spaced(here: Span, text: str, *, safe: bool) -> Fix:
    """A text in the place of another, with a blank behind it and one before it, unless they are there (`a: 3`)."""
    whole = here.source.text
    before = "" if whole[here.start - 1 : here.start] in {"", " ", "\t", "\n"} else " "
    behind = "" if whole[here.end : here.end + 1] in {"", " ", "\t", "\r", "\n"} else " "
    return Fix(f"write `{text}`", (Edit(here, f"{before}{text}{behind}"),), safe)
