"""Texts that are almost programs: what the grammar allows, and what is near the specs and the documents' examples."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from lark import Lark
from lark.grammar import NonTerminal, Symbol

from tests.fuzz.choosing import Choices, chance, pick

ROOT = Path(__file__).parents[2]

NAMES = (
    "a", "b", "x", "n", "net", "unit", "conv", "bn", "relu", "linear", "avgpool", "flatten", "identity", "none", "auto",
    "channels", "size", "in", "out", "l", "L", "project", "std", "range", "sum", "min", "enumerate", "params", "depth",
    "keys", "k", "width", "stride", "init", "to", "batch", "sample", "train", "test", "layer1",
    "forward", "_", "maxpool",
    "upsample",
)  # fmt: skip
SAMPLES = {
    "NAME": NAMES,
    "NUMBER": (
        "1",
        "2",
        "3",
        "0",
        "4",
        "0.5",
        "64",
        "1_000",
        "25.6M",
        "1e3",
        "1e-5",
        "99999999999999999999",
        "2.5K",
        "8",
    ),
    "SIZE": ("3x8x8", "3x3", "1x1", "3x224x224", "4x4x4x4", "0x1", "1x2x3x4x5x6"),
    "STRING": ('"a"', '"a.b"', '"{a}"', '"{1 + 1}x"', '""', '"{"', '"{{}}"', '"é {n} 字"', '"./x.res"', '"a{0}"'),
    "UNCLOSED": ('"a', '"{'),
    "CMP": ("==", "<", ">=", "!="),
    "ADDOP": ("+", "-"),
    "MULOP": ("*", "/", "//", "%"),
    "_NL": ("\n", "\n\n", "; ", "\n  # c\n"),
    "_X": (" x ",),
    "TAIL": ("z", "1"),
    "_FAULT": ("$", "->", "}", "1 2", "?"),
}
ODD = (
    "\x00", "\u202e", "\r", "\r\n", "\t", "\ufeff", "\u2028", "é", "字", "\U0001f600", "\x1b[31m", "$", "?", "`",
    "'", "\\",
    "~", "&", "%s", "{0}", "</svg>", "--", "/*", "//",
    "@", "0x1F", "1.2.3", "1__0", "9" * 60, "x" * 60,
    '"', '"' * 3, "(" * 30, "{" * 30, "]",
)  # fmt: skip
_WORD = re.compile(r'\w+|"[^"\n]*"|->|[<>=!]=|//|[ \t]+|#[^\n]*|.|\n', re.DOTALL)
_FENCE = re.compile(r"^```res[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_ENDLESS = 10**6


# --- the grammar -----------------------------------------------------------------------------------


class Grammar:
    """The rules of `grammars/resdsl.lark`, and how few steps each needs to end."""

    def __init__(self) -> None:
        path = ROOT / "grammars" / "resdsl.lark"
        lark = Lark(path.read_text(encoding="utf-8"), parser="lalr", lexer="basic", start=["start"])
        self.rules: dict[str, list[tuple[Symbol, ...]]] = {}
        for rule in lark.rules:
            self.rules.setdefault(rule.origin.name, []).append(tuple(rule.expansion))
        self.texts = {terminal.name: (_written(terminal.pattern.value),) for terminal in lark.terminals} | SAMPLES
        self.least = dict.fromkeys(self.rules, _ENDLESS)
        changed = True
        while changed:
            changed = False
            for name, expansions in self.rules.items():
                least = 1 + min(max((self.cost(symbol) for symbol in way), default=0) for way in expansions)
                changed |= least < self.least[name]
                self.least[name] = min(self.least[name], least)

    def cost(self, symbol: Symbol) -> int:
        return self.least[symbol.name] if isinstance(symbol, NonTerminal) else 0

    def write(self, choices: Choices, name: str, depth: int) -> str:
        """Some text of a rule; beyond `depth` the way that ends soonest."""
        depth = max(depth, self.least[name])
        parts = []
        for symbol in pick(choices, self._within(name, depth)):
            if isinstance(symbol, NonTerminal):
                parts.append(self.write(choices, symbol.name, depth - 1))
            else:
                text = pick(choices, self.texts[symbol.name])
                parts.append(text if chance(choices, 20 if text[-1].isalnum() else 3) else f"{text} ")
        return "".join(parts)

    @cache  # noqa: B019 - there is one grammar
    def _within(self, name: str, depth: int) -> list[tuple[Symbol, ...]]:
        """The ways to write a rule that end within so many steps."""
        return [way for way in self.rules[name] if max((self.cost(symbol) for symbol in way), default=0) < depth]


def _written(pattern: str) -> str:
    return pattern.replace("\\", "")


@cache
def grammar() -> Grammar:
    return Grammar()


def grammar_text(choices: Choices) -> str:
    """Text that the grammar allows, of any meaning; most of it in a model, so that there is something to elaborate."""
    depth = 6 + choices.below(10)
    if chance(choices, 3):
        return grammar().write(choices, "start", depth)
    lines = [grammar().write(choices, "_stmt", depth) for _ in range(1 + choices.below(2))]
    before = pick(choices, ("conv(3, 4)\n", "", "let n = 2\n", "keep a\n"))
    after = pick(choices, ("", "\navgpool -> flatten -> linear(2)"))
    return "model net {\ninput 3x8x8\n" + before + "\n".join(lines) + after + "\n}"


# --- near the specs -------------------------------------------------------------------------------


@cache
def seeds() -> tuple[str, ...]:
    """Small texts to begin from: test cases, the documents' examples, and pieces of the specs and the library."""
    found = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("tests/cases/**/*.res"))]
    for page in (ROOT / "docs" / "language.md", *sorted((ROOT / "docs" / "diagnostics").glob("*.md"))):
        found += _FENCE.findall(page.read_text(encoding="utf-8"))
    for path in (*sorted(ROOT.glob("specs/*.res")), *sorted(ROOT.glob("resdsl/library/*.res"))):
        found += path.read_text(encoding="utf-8").split("\n\n")
    return tuple(sorted((text for text in found if 0 < len(text) < 700), key=lambda text: (len(text), text)))


@cache
def spec_texts() -> tuple[str, ...]:
    """The specs with all that their first model needs, one each; these take milliseconds."""
    found = []
    for path in sorted(ROOT.glob("specs/*.res")):
        items = re.split(r"\n(?=model )", path.read_text(encoding="utf-8"))
        found.append("\n".join(items[:2]))
    return tuple(found)


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def seed(choices: Choices) -> str:
    """One of the texts, the short ones more often."""
    texts = seeds()
    return texts[min(choices.below(len(texts)), choices.below(len(texts)), choices.below(len(texts)))]


def mutated(choices: Choices) -> str:
    """A text with one to four of its words changed."""
    text = pick(choices, spec_texts()) if chance(choices, 200) else seed(choices)
    parts = words(text)
    for _ in range(1 + choices.below(4)):
        change(choices, parts)
    return "".join(parts)


def change(choices: Choices, parts: list[str]) -> None:
    """One change, in place."""
    at = choices.below(len(parts) + 1)
    length = 1 + choices.below(3)
    match choices.below(9):
        case 0:
            del parts[at : at + length]
        case 1:
            parts[at:at] = parts[at : at + length]
        case 2:
            parts[at : at + 1] = [pick(choices, NAMES)]
        case 3:
            parts[at : at + 1] = [pick(choices, pick(choices, tuple(SAMPLES.values())))]
        case 4:
            parts[at:at] = [pick(choices, ODD)]
        case 5:
            other = words(seed(choices))
            begin = choices.below(len(other))
            parts[at : at + length] = other[begin : begin + 1 + choices.below(12)]
        case 6:
            to = choices.below(len(parts) + 1)
            parts[at : at + 1], parts[to : to + 1] = parts[to : to + 1], parts[at : at + 1]
        case 7:
            parts[at:at] = [pick(choices, tuple(pick(choices, text) for text in grammar().texts.values()))]
        case _:
            del parts[at:]


def raw(choices: Choices) -> bytes:
    """Bytes: a text with some of its bytes changed, or none of it left."""
    data = bytearray(seed(choices).encode() if chance(choices, 2) else b"")
    for _ in range(1 + choices.below(12)):
        at = choices.below(len(data) + 1)
        if chance(choices, 3):
            data[at:at] = pick(choices, ODD).encode("utf-8", "surrogatepass")
        elif chance(choices, 3):
            data[at : at + 1 + choices.below(4)] = b""
        else:
            data[at : at + choices.below(2)] = bytes([choices.below(256)])
    return bytes(data)
