"""What is said of a token that does not fit: in the words of the language, never in the grammar's."""

from __future__ import annotations

from typing import Any

from lark.lexer import Token

from resdsl.diagnostics import Edit, Fix, Label
from resdsl.diagnostics.suggest import replacement, respelling
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax.characters import character_fault
from resdsl.syntax.faults import Faults
from resdsl.syntax.mending import mends
from resdsl.syntax.tokens import KEYWORD_TYPES

_SIGNS = {
    "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`",
    "COLON": "`:`", "EQUAL": "`=`", "ARROW": "`->`", "TILDE": "`~`", "CMP": "a comparison", "_X": "`x`",
    "IN": "`in`", "ELSE": "`else`", "IF": "`if`",
}  # fmt: skip
_TOLD = ("LBRACE", "RPAR", "RSQB", "COLON", "EQUAL", "IN", "ELSE", "TILDE", "COMMA", "RBRACE", "ARROW")
_OPENERS = {"RPAR": "LPAR", "RSQB": "LSQB"}
_DEFINES = "`block NAME(...) { ... }` defines a block, `model NAME(...) { ... }` a network"
_MERGES = frozenset({"ADD", "MUL", "CONCAT", "MEAN"})
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
    "\u00a0": "this is a no-break space: write a plain one",
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
    place = _Place(faults, tokens, at, fits, stack)
    code, message, more = _special(place, before) or _general(place, before)
    span = more.pop("span", span)
    opener = _unclosed(token, fits, stack)
    if opener is not None and code == "E010":
        opened = faults.span(opener)
        closer = ")" if opener.type == "LPAR" else "]"
        code, more = "E016", {"secondary": (Label(opened, "opened here"),), "help": f"add the `{closer}`"}
    elif code in {"E010", "E012", "E017", "E018"}:
        more.setdefault("fixes", mends(faults.source, tokens, at, fits))
    faults.complain(code, message, span, **more)


Said = tuple[str, str, dict[str, Any]]


class _Place(Record):
    """Where something else was expected: the token, what could stand there, what is open."""

    faults: Faults
    tokens: list[Token]
    at: int
    fits: set[str]
    stack: list[Any]

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def span(self, token: Token) -> Span:
        return self.faults.span(token)


def _special(place: _Place, before: Token | None) -> Said | None:
    """Mistakes that are common enough to be known by name."""
    token, fits = place.token, place.fits
    kind = token.type
    if before is None:
        return _python(place, token)
    if before.type == "ARROW" and kind in {"_NL", "RBRACE", "$END"}:
        help_ = "begin the next line with `->`, or drop it"
        return "E011", f"expected a step after `->`, found {_found(token)}", {"help": help_}
    if before.type == "NAME" and str(before) in _PYTHON:
        return _python(place, before)
    if (before.type in {"_NL", "LBRACE"} or str(token) == "elif") and str(token) in _PYTHON:
        return _python(place, token)
    if kind == "COLON" and "LBRACE" in fits and place.tokens[place.at + 1].type in {"_NL", "$END"}:
        return "E018", "expected `{`, found `:`", {"help": "a body stands in braces"}
    if "LBRACE" in fits and "NAME" not in fits and kind in {"_NL", "$END", "VBAR"} and "_NL" not in fits:
        help_ = "a body stands in braces"
        return "E015", f"expected `{{` after {_shown(before)}, found {_found(token)}", {"help": help_}
    return _other_sign(place, before) or _tuple(place)


def _other_sign(place: _Place, before: Token) -> Said | None:
    """One sign in the place of another."""
    token, fits, tokens, at = place.token, place.fits, place.tokens, place.at
    kind = token.type
    if str(before) == "*" and str(token) == "*":
        both = place.span(before).to(place.span(token))
        return "E018", "`**` is Python, not resdsl", {"span": both, "help": "`^` is the power"}
    if "_X" in fits and before.type == "NAME" and at > 1 and str(tokens[at - 2]) == "*":
        star = place.span(tokens[at - 2])
        fixes = (replacement(star, "x", safe=True),)
        more = {"span": star, "help": "`n x step` repeats a step n times", "fixes": fixes}
        return "E010", "expected `x` to repeat a step, found `*`", more
    if kind == "COMMA" and "ARROW" in fits:
        more = {"help": "`->` joins steps, a comma separates arguments", "fixes": (_arrows(place),)}
        return "E012", "expected `->` between steps, found `,`", more
    if kind == "EQUAL" and "COLON" in fits:
        return "E017", "expected `:`, found `=`", {"help": "`name: step` names a step, `let name = value` a value"}
    if kind == "COLON" and "EQUAL" in fits:
        return "E017", "expected `=`, found `:`", {"help": "`=` gives a value, `:` names a step"}
    if kind == "EQUAL" and "CMP" in fits:
        return "E017", "expected `==`, found `=`", {"help": "`==` compares, `=` gives a value"}
    return None


def _arrows(place: _Place) -> Fix:
    """All commas between the steps of a line as arrows."""
    edits = []
    depth = 0
    for token in place.tokens[place.at :]:
        depth += (token.type in _OPENERS.values()) - (token.type in _OPENERS)
        if depth < 0 or token.type in {"_NL", "LBRACE", "RBRACE", "$END"}:
            break
        if token.type == "COMMA" and depth == 0:
            edits.append(Edit(place.span(token), " ->"))
    return Fix("write `->`", tuple(edits))  # not safe: a merge may be meant


def _tuple(place: _Place) -> Said | None:
    """Numbers in parentheses, as Python writes a shape or one number for each axis."""
    if place.token.type != "COMMA" or "RPAR" not in place.fits:
        return None
    tokens, first = place.tokens, place.at
    while first > 0 and tokens[first].type in {"COMMA", "NUMBER"}:
        first -= 1
    last = place.at
    while tokens[last].type in {"COMMA", "NUMBER"}:
        last += 1
    if tokens[first].type != "LPAR" or tokens[last].type != "RPAR":
        return None
    numbers = [str(token) for token in tokens[first:last] if token.type == "NUMBER"]
    is_input = tokens[first - 1].type == "INPUT" or [t.type for t in tokens[max(0, first - 3) : first]] == _NAMED_INPUT
    meant = "x".join(numbers) if is_input else f"[{', '.join(numbers)}]"
    span = place.span(tokens[first]).to(place.span(tokens[last]))
    help_ = "a shape is channels and size, without a batch" if is_input else "a list stands in square brackets"
    fixes = (replacement(span, meant, safe=True),)
    return (
        "E018",
        f"a tuple is Python, not resdsl: it is written {meant}",
        {"span": span, "help": help_, "fixes": fixes},
    )


_NAMED_INPUT = ["INPUT", "NAME", "COLON"]


def _python(place: _Place, token: Token) -> Said | None:
    if str(token) not in _PYTHON:
        return None
    return "E018", f"`{token}` is Python, not resdsl", {"span": place.span(token), "help": _PYTHON[str(token)]}


def _general(place: _Place, before: Token | None) -> Said:
    token, fits = place.token, place.fits
    wanted = _wanted(fits)
    after = ""
    if before is not None and before.type not in {"_NL", "LBRACE"}:
        after = f" after {_shown(before)}"
    more: dict[str, Any] = {}
    if str(token).startswith("/") and "BLOCK" in fits:
        more["help"] = "`#` begins a comment"
    elif "BLOCK" in fits:
        more.update(respelling(str(token), place.span(token), ("use", "let", "block", "model")))
    elif before is not None and before.type == "COLON" and "STAGE" in fits:
        more["help"] = "write the step behind the `:`, or drop the label"
    elif token.type == "LPAR" and before is not None and before.type in _MERGES:
        more["help"] = f"`{before} {{ | a | b }}` joins branches; a kept value is a branch `| from NAME`"
    elif "_X" in fits and "NAME" not in fits and token.type != "_NL":
        more["help"] = "`n x step` repeats a step n times"
    if token.type in KEYWORD_TYPES and "NAME" in fits:
        more["notes"] = (f"`{token}` is a keyword and cannot name this",)
        more["help"] = "choose another name"
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
