"""The grammar that VS Code colours with says of every character what the Pygments lexer says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Token

from resdsl.highlight import FUNCTIONS, ResLexer
from resdsl.syntax.keywords import KEYWORDS, PREDEFINED_VALUES

ROOT = Path(__file__).parents[2]
PLAIN = "plain"

LEXED = {
    Comment: "comment",
    String: "string",
    String.Escape: "escape",
    String.Interpol: "hole",
    Number: "number",
    Keyword: "keyword",
    Keyword.Declaration: "declaration",
    Keyword.Namespace: "use",
    Keyword.Constant: "constant",
    Operator: "operator",
    Operator.Word: "operator word",
    Name.Class: "definition",
    Name.Function: "function",
    Name.Variable: "value",
    Name.Namespace: "library",
    Name.Property: "property",
    Name.Label: "label",
    Name.Builtin: "predefined function",
    Name.Builtin.Pseudo: "predefined value",
    Name.Attribute: "argument",
    Name: "name",
    Punctuation: "punctuation",
    Token: PLAIN,
}
SCOPES = {
    "comment": "comment",
    "string": "string",
    "constant.character.escape": "escape",
    "punctuation.section.embedded": "hole",
    "meta.embedded.hole": PLAIN,
    "constant.numeric": "number",
    "keyword.control": "keyword",
    "storage.type": "declaration",
    "keyword.control.import": "use",
    "constant.language": "constant",
    "keyword.operator": "operator",
    "keyword.operator.word": "operator word",
    "entity.name.type": "definition",
    "entity.name.function": "function",
    "variable.other.readwrite": "value",
    "entity.name.namespace": "library",
    "variable.other.property": "property",
    "entity.name.label": "label",
    "support.function": "predefined function",
    "variable.language": "predefined value",
    "variable.parameter": "argument",
    "variable.other": "name",
    "punctuation": "punctuation",
    "source.resdsl": PLAIN,
}


def lexed(text: str) -> list[str]:
    """The class of every character, by the Pygments lexer."""
    found = [PLAIN] * len(text)
    for start, kind, value in ResLexer().get_tokens_unprocessed(text):
        known = next(LEXED[each] for each in reversed(kind.split()) if each in LEXED)
        found[start : start + len(value)] = [known] * len(value)
    return found


def scoped(text: str, lines: list[list[tuple[int, int, list[str]]]]) -> list[str]:
    """The class of every character, by the grammar, which counts in UTF-16 and line by line."""
    found: list[str] = []
    for line, tokens in zip(text.split("\n"), lines, strict=True):
        wide = [PLAIN] * sum(len(character.encode("utf-16-le")) // 2 for character in line)
        for start, end, scopes in tokens:
            wide[start:end] = [_class(scopes)] * (end - start)
        places = [0]
        for character in line:
            places.append(places[-1] + len(character.encode("utf-16-le")) // 2)
        found += [wide[place] for place in places[:-1]] + [PLAIN]
    return found[:-1]


def _class(scopes: list[str]) -> str:
    for scope in reversed(scopes):
        words = scope.split(".")
        for size in range(len(words), 0, -1):
            if (found := SCOPES.get(".".join(words[:size]))) is not None:
                return found
    raise AssertionError(scopes)


def differences(name: str, text: str, lines: list[list[tuple[int, int, list[str]]]]) -> Iterator[str]:
    ours, theirs = lexed(text), scoped(text, lines)
    breaks = [-1, *(place for place, character in enumerate(text) if character == "\n"), len(text)]
    for number, (before, after) in enumerate(pairwise(breaks), 1):
        for place in range(before + 1, after):
            if not text[place].isspace() and ours[place] != theirs[place]:
                column = place - before
                line = text[before + 1 : after]
                yield f"{name}:{number}:{column}: {ours[place]} for Pygments, {theirs[place]} here: {line}"
                break


def tokens(vscode: Path, paths: list[Path]) -> dict[str, list[list[tuple[int, int, list[str]]]]]:
    done = subprocess.run(
        ["node", "test/tokens.mjs", *map(str, paths)], cwd=vscode, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_every_text_has_the_lexers_colours(vscode: Path) -> None:
    folders = ("specs", "resdsl/library", "examples", "tests/cases", "tests/golden", "tests/unit")
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.res"))
    texts = {path: text for path in paths if (text := _text(path)) is not None}
    assert len(texts) > 250
    found = tokens(vscode, list(texts))
    faults = [
        fault
        for path, text in texts.items()
        for fault in differences(str(path.relative_to(ROOT)), text, found[str(path)])
    ]
    assert not faults, "\n".join(faults[:20])


def _text(path: Path) -> str | None:
    """The text; `None` for the wrong ones on whose lines Python and JavaScript do not agree."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if set(text) & set("\r\f\v\x1c\x1d\x1e\x85\u2028\u2029\ufeff") else text


def test_every_word_of_the_language_has_its_colour(vscode: Path, tmp_path: Path) -> None:
    words = sorted(KEYWORDS | PREDEFINED_VALUES)
    lines = [f"{word}" for word in words] + [f"({word})" for word in words] + [f"{word}(1)" for word in FUNCTIONS]
    lines += [f"stage {word}: {word}" for word in words] + ["2 x x", "[1] x { a }", "x", "n x{i}: x = x"]
    lines += ["a 1_000K 1.5e-3 3x224x224 1e5M 3x", '"a{{b}}{c + "d" e', '"open {x', "u{i + 1}y: u", "keep y{i}, z{i}"]
    lines += ["\U0001d4d0 = é # é {"]
    text = "\n".join(lines)
    path = tmp_path / "words.res"
    path.write_text(text, encoding="utf-8")
    faults = list(differences("words", text, tokens(vscode, [path])[str(path)]))
    assert not faults, "\n".join(faults)


def test_a_difference_is_seen(vscode: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text("conv(3, 8)", encoding="utf-8")
    assert list(differences("net", "conv[3, 8]", tokens(vscode, [path])[str(path)]))
