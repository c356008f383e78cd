"""Whatever the blanks of a text, its canonical form is one; and no comment is lost, wherever it may stand."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st
from lark.lexer import Token

from resdsl.diagnostics import Report
from resdsl.source import Source
from resdsl.syntax.format import format_source
from resdsl.syntax.grammar import grammar

ROOT = Path(__file__).parents[3]
TEXTS = [
    path.read_text() for folder in ("specs", "resdsl", "examples") for path in sorted((ROOT / folder).rglob("*.res"))
]
OPERATORS = {"EQUAL", "CMP", "ADDOP", "MULOP", "ARROW", "COMMA", "TILDE", "CIRCUMFLEX", "COLON"}
OPENING, CLOSING = {"LPAR", "LSQB"}, {"RPAR", "RSQB"}


def formatted(text: str) -> str:
    report = Report()
    result = format_source(Source("t.res", text), report)
    assert result is not None, (text, [f"{fault.span} {fault.message}" for fault in report])
    return result


def squeezed(text: str) -> str:
    """Without the blanks that set words below each other."""
    return re.sub(r"(?<=\S)  +(?=\S)", " ", text)


def comments(text: str) -> list[str]:
    return [token.rstrip() for token in grammar().lex(text, 0, len(text)) if token.type == "COMMENT"]


def plain(text: str) -> str:
    """A text without its comments."""
    tokens = [token for token in grammar().lex(text, 0, len(text)) if token.type == "COMMENT"]
    for token in reversed(tokens):
        text = text[: token.start_pos] + text[token.end_pos :]
    return text


# --- programs ------------------------------------------------------------------------------------


class Programs:
    """Random texts that parse: every construct, any nesting, no meaning."""

    FORMS: ClassVar = {
        "item": [
            "block NAME PARAMS BODY", "block NAME[] BODY", "model NAME PARAMS BODY",
            "model NAME = CALL { expect params == VALUE; expect macs ~ 1.5G }", "let NAME = VALUE",
            "let NAME PARAMS = VALUE", "use std: NAME, NAME",
        ],
        "name": ["a", "unit", "width", "squeeze_excite", "x1", "conv"],
        "params": ["(NAME, NAME = VALUE, NAME)", "(NAME)", "()"],
        "value": [
            "(VALUE OP VALUE)", "(VALUE if VALUE else VALUE)", "[VALUE, VALUE, VALUE]", "(not VALUE)", "CALL",
            "a[VALUE]", "ATOM", "ATOM", "ATOM",
        ],
        "atom": ["1", "0.17", "3x3", "true", '"say {a}"', "width", "in.channels", "25.6M", "-1"],
        "op": ["+", "-", "*", "/", "//", "%", "^", "==", "<=", "and", "or"],
        "call": ["NAME(VALUE, k=VALUE, stride = VALUE then ATOM)", "NAME(VALUE)", "NAME(k=VALUE OP VALUE)"],
        "body": ["{\nSTMT\nSTMT\n}", "{ STMT; STMT }", "{ STMT }", "{\nSTMT\n\nSTMT\nSTMT\n}"],
        "stmt": [
            "FLOW", "FLOW", "FLOW", "if VALUE BODY else if ATOM BODY else BODY", "for i, (a, b) in VALUE BODY",
            "let NAME = VALUE", 'require VALUE else "no {a}"', "survival ATOM per batch", "default CALL",
            "shared s: UNIT", "output a, b{ATOM}",
        ],
        "flow": ["STEP", "STEP -> STEP", "STEP -> STEP -> STEP -> STEP"],
        "step": [
            "UNIT", "UNIT", "a: UNIT", "a[]: UNIT", "[]: UNIT", '"q{i}.b": UNIT', "layer{s + 1}x: UNIT", "gate: UNIT",
        ],
        "unit": [
            "residual BODY shortcut BODY", "residual BODY gate BODY carry BODY",
            "residual BODY shortcut skip survival ATOM", "dense BODY", "concat { | FLOW | FLOW }",
            "add {\n| FLOW\nSTMT\n| relu\n}", "2 x UNIT", "(a - 2) / 6 x BODY", "stage layer{s}: UNIT",
            "region r: BODY", "aux (0.3) head: BODY", "CALL", "relu", "relu", "relu", "keep m{ATOM}", "from ys[2]",
            "bn()",
        ],
    }  # fmt: skip
    FLAT: ClassVar = {
        "value": "ATOM",
        "call": "f(ATOM)",
        "body": "{ relu }",
        "stmt": "STEP",
        "flow": "STEP",
        "unit": "relu",
    }
    """Where there is enough."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.left = 20

    def text(self) -> str:
        return "# A title.\n\n" + "\n".join(self.make("item") for _ in range(self.random.randint(1, 3))) + "\n"

    def make(self, kind: str) -> str:
        self.left -= 1
        form = self.FLAT[kind] if self.left < 0 and kind in self.FLAT else self.random.choice(self.FORMS[kind])
        return re.sub(r"\b[A-Z]+\b", lambda found: self.word(found[0]), form)

    def word(self, word: str) -> str:
        return self.make(word.lower()) if word.lower() in self.FORMS else word


# --- other blanks --------------------------------------------------------------------------------


class Respacing:
    """A canonical text with other blanks, and newlines where they are free; maybe with comments."""

    def __init__(self, seed: int, *, commented: bool) -> None:
        self.random = random.Random(seed)
        self.commented = commented
        self.count = 0

    def __call__(self, text: str) -> str:
        tokens = [t for t in grammar().lex(text, 0, len(text)) if t.type != "_NL"]
        out: list[str] = []
        depth: list[str] = []
        for one, other in zip([None, *tokens], [*tokens, None], strict=True):
            start = one.end_pos if one else 0
            gap = text[start : other.start_pos if other else len(text)]
            if one is not None:
                out.append(str(one))
                if one.type in OPENING | {"LBRACE"}:
                    depth.append(one.type)
                elif one.type in CLOSING | {"RBRACE"}:
                    depth.pop()
            out.append(self.gap(one, other, gap, in_brackets=bool(depth) and depth[-1] in OPENING))
        return "".join(out)

    def gap(self, one: Token | None, other: Token | None, gap: str, *, in_brackets: bool) -> str:
        if one is None or other is None or one.type == "COMMENT":
            return gap
        free = (in_brackets and (one.type in OPENING | {"COMMA"} or other.type in CLOSING)) or other.type == "ARROW"
        if free and one.type not in CLOSING | {"ARROW"} and self.random.random() < 0.3:
            return self.newline(commented=self.commented)
        if "\n" in gap:
            return self.blanks(0) + (self.newline(commented=True) if self.commented else gap)
        if not gap:
            bound = "LBRACE" in {one.type, other.type} or "RBRACE" in {one.type, other.type}
            return "" if bound else self.blanks(0)
        return self.blanks(0 if {one.type, other.type} & OPERATORS else 1)

    def blanks(self, least: int) -> str:
        return self.random.choice(["", " ", "  ", "\t", " \t "][least:])

    def newline(self, *, commented: bool) -> str:
        out = ""
        if commented and self.random.random() < 0.3:
            out += self.comment()
        out += "\n" + self.blanks(0)
        if commented and self.random.random() < 0.2:
            out += self.comment() + "\n" + self.blanks(0)
        return out

    def comment(self) -> str:
        self.count += 1
        return f"{self.blanks(0)}# c{self.count}; -> {{ {self.blanks(0)}"


def test_generated_programs() -> None:
    """Respaced, half of them with comments. `RESDSL_PROGRAMS=10000` tries more."""
    for seed in range(int(os.environ.get("RESDSL_PROGRAMS", "300"))):
        text = formatted(Programs(seed).text())
        assert formatted(text) == text, seed
        respaced = Respacing(seed, commented=seed % 2 == 1)(text)
        result = formatted(respaced)
        if seed % 2 == 0:
            assert squeezed(result) == squeezed(text), seed
        else:
            assert comments(result) == comments(respaced), seed
            assert formatted(result) == result, seed


@settings(max_examples=15, deadline=None)
@given(text=st.sampled_from(TEXTS), seed=st.integers(0, 2**32))
def test_respaced_specs(text: str, seed: int) -> None:
    text = formatted(plain(text))
    assert squeezed(formatted(Respacing(seed, commented=False)(text))) == squeezed(text)
    respaced = Respacing(seed, commented=True)(text)
    result = formatted(respaced)
    assert comments(result) == comments(respaced)
    assert formatted(result) == result
