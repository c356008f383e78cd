"""What is said of a token that does not fit: in the words of the language, never in the grammar's."""

from __future__ import annotations

from typing import Any

from lark.lexer import Token

from resdsl.diagnostics import Label
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Span
from resdsl.syntax.characters import character_fault
from resdsl.syntax.faults import Faults
from resdsl.syntax.mending import ITEMS, mends
from resdsl.syntax.tokens import KEYWORD_TYPES

_SIGNS = {
    "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`",
    "COLON": "`:`", "EQUAL": "`=`", "ARROW": "`->`", "TILDE": "`~`", "CMP": "a comparison", "_X": "`x`",
    "IN": "`in`", "ELSE": "`else`", "IF": "`if`",
}  # fmt: skip
_TOLD = ("LBRACE", "RPAR", "RSQB", "COLON", "EQUAL", "IN", "ELSE", "TILDE", "COMMA", "RBRACE", "ARROW")
_OPENERS = {"RPAR": "LPAR", "RSQB": "LSQB"}
_DEFINES = "`block NAME(...) { ... }` defines a block, `model NAME(...) { ... }` a network"
_PYTHON = {
    "def": _DEFINES,
    "class": _DEFINES,
    "while": "`n x step` repeats a step, `for i in range(n) { ... }` a sequence",
    "import": '`use std: NAME` takes a block from the library, `use "file.res": NAME` from a file',
    "return": "the result is that of the last step; `output a, b` names several",
    "elif": "it is written `else if`",
    "try": _DEFINES,
    "with": _DEFINES,
}
_OTHER_SIGNS = {
    "\u2192": "`->` joins steps",
    "\u00d7": "it is written `x`: 3x224x224, or `2 x step`",
    "\u201c": 'strings stand in plain quotes, `"`',
    "\u201d": 'strings stand in plain quotes, `"`',
    "'": 'strings stand in plain quotes, `"`',
    "&": "it is written `and`",
    "!": "it is written `not`",
    "?": "it is written `a if c else b`",
}
"""What people write who know another language, or have pasted from a page, and how it is written here."""
_SHOWN = 30


def explain(faults: Faults, tokens: list[Token], at: int, fits: set[str], stack: list[Any]) -> None:
    """Report the token at `at`, where only tokens of the kinds in `fits` could stand."""
    if tokens[at].type == "_NL" and not tokens[at]:
        at += 1  # the newline that every `|` has before it: what was found is the `|`
    token = tokens[at]
    span = Span(faults.source, token.start_pos or 0, max(token.end_pos or 0, token.start_pos or 0))
    if token.type == "_NL":
        span = Span(faults.source, span.start, span.start + 1 if len(token) else span.start)
    if token.type == "BAD":
        code, message = character_fault(str(token))
        fixes = mends(faults.source, tokens, at, fits)
        faults.complain(code, message, span, help=_OTHER_SIGNS.get(str(token)), fixes=fixes)
        return
    if token.type == "UNCLOSED":
        faults.complain("E006", "the string is not closed", span, help='end it with `"` on the same line')
        return
    before = next((t for t in reversed(tokens[:at][-2:]) if t.type != "_NL" or t), None)
    code, message, more = _special(tokens, at, fits, before) or _general(token, fits, before)
    opener = _unclosed(token, fits, stack)
    if opener is not None and code == "E010":
        place = Span(faults.source, opener.start_pos or 0, opener.end_pos or 0)
        code, more = "E016", {"secondary": (Label(place, "opened here"),)}
    elif code in {"E010", "E012", "E017", "E018"}:
        more["fixes"] = mends(faults.source, tokens, at, fits)
    faults.complain(code, message, span, **more)


Said = tuple[str, str, dict[str, Any]]


def _special(tokens: list[Token], at: int, fits: set[str], before: Token | None) -> Said | None:
    """Mistakes that are common enough to be known by name."""
    token = tokens[at]
    kind = token.type
    found = _found(token)
    if before is None:
        return _python(token)
    if before.type == "ARROW" and kind in {"_NL", "RBRACE", "$END"}:
        help_ = "begin the next line with `->`, or drop it"
        return "E011", f"expected a step after `->`, found {found}", {"help": help_}
    if before.type == "NAME" and str(before) in _PYTHON:
        return _python(before)
    if (before.type in {"_NL", "LBRACE"} or str(token) == "elif") and str(token) in _PYTHON:
        return _python(token)
    if str(before) == "*" and str(token) == "*":
        return "E010", "expected a value after `*`, found `*`", {"help": "`^` is the power"}
    if kind == "COLON" and "LBRACE" in fits and tokens[at + 1].type in {"_NL", "$END"}:
        return "E018", "expected `{`, found `:`", {"help": "a body stands in braces"}
    if kind == "COMMA" and "ARROW" in fits:
        return "E012", "expected `->` between steps, found `,`", {}
    if kind == "EQUAL" and "COLON" in fits:
        return "E017", "expected `:`, found `=`", {"help": "`name: step` names a step, `let name = value` a value"}
    if kind == "COLON" and "EQUAL" in fits:
        return "E017", "expected `=`, found `:`", {}
    if kind == "EQUAL" and "CMP" in fits:
        return "E017", "expected `==`, found `=`", {}
    if "LBRACE" in fits and "NAME" not in fits and kind in {"_NL", "$END", "VBAR"} and "_NL" not in fits:
        return "E015", f"expected `{{` after {_shown(before)}, found {found}", {}
    return None


def _python(token: Token) -> Said | None:
    if str(token) not in _PYTHON:
        return None
    return "E018", f"`{token}` is Python, not resdsl", {"help": _PYTHON[str(token)]}


def _general(token: Token, fits: set[str], before: Token | None) -> Said:
    wanted = _wanted(fits)
    after = ""
    if before is not None and before.type not in {"_NL", "LBRACE"}:
        after = f" after {_shown(before)}"
    more: dict[str, Any] = {}
    if str(token).startswith("/") and "BLOCK" in fits:
        more["help"] = "`#` begins a comment"
    elif "BLOCK" in fits and (near := did_you_mean(str(token), ITEMS)):
        more["help"] = f"did you mean `{near}`?"
    elif "_X" in fits and "NAME" not in fits and token.type != "_NL":
        more["help"] = "`n x step` repeats a step n times"
    if token.type in KEYWORD_TYPES and "NAME" in fits:
        more["notes"] = (f"`{token}` is a keyword and cannot name this",)
    return "E010", f"expected {wanted}{after}, found {_found(token)}", more


def _wanted(fits: set[str]) -> str:
    phrases = []
    if "BLOCK" in fits:
        phrases.append("`use`, `let`, `block` or `model`")
    elif {"LET", "STAGE"} <= fits:
        phrases.append("a statement")
    elif {"STAGE", "RESIDUAL"} <= fits:
        phrases.append("a step")
    elif {"NUMBER", "NAME", "SIZE"} <= fits:
        phrases.append("a value")
    elif "NAME" in fits:
        phrases.append("a name")
    elif "NUMBER" in fits:
        phrases.append("a number")
    if "STRING" in fits and not phrases:
        phrases.append("a string")
    if "_NL" in fits and not phrases:
        phrases.append("the end of the statement")
        fits = fits - {"LBRACE"}
    if phrases and phrases[0] in {"a statement", "a step", "a value"}:
        fits = fits - {"LBRACE", "LSQB", "IN"}
    phrases += [_SIGNS[kind] for kind in _TOLD if kind in fits and kind != "RBRACE"]
    if not phrases:
        phrases = ["`}`"] if "RBRACE" in fits else [_SIGNS[kind] for kind in sorted(fits) if kind in _SIGNS]
    if not phrases:
        return "the end"
    phrases = phrases[:4]
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _unclosed(token: Token, fits: set[str], stack: list[Any]) -> Token | None:
    """The bracket that is open, if what was found can only mean that its end is missing."""
    if token.type not in {"_NL", "$END", "RBRACE", "LBRACE", "ARROW"}:
        return None
    for value in reversed(stack):
        if isinstance(value, Token) and value.type in _OPENERS.values():
            closer = next(close for close, opened in _OPENERS.items() if opened == value.type)
            return value if closer in fits else None
    return None


def _shown(token: Token) -> str:
    text = str(token)
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[:_SHOWN]}...`"


def _found(token: Token) -> str:
    if token.type == "$END":
        return str(token)
    if token.type == "_NL":
        return "`;`" if str(token) == ";" else "the end of the line"
    return _shown(token)
