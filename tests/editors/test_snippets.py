"""Every snippet, filled in with its own placeholders and with each of its choices, is a text without faults."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from resdsl.diagnostics import Report
from resdsl.elaborate import check, load_program
from resdsl.source import Source

SNIPPETS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "editors/vscode/snippets/resdsl.json").read_text(encoding="utf-8")
)

FILE = "{}"
BODY = "model net {{\n  input 3x32x32\n  conv(3, 16)\n{}\n}}"
CONTEXTS = {
    **dict.fromkeys(("let", "model"), FILE),
    "use": "{}\nblock mine {{ basic(8) -> bottleneck(8) }}",
    "squeeze": "{}\nmodel net {{ input 3x32x32; conv(3, 16); squeeze_excite }}",
    "resblock": "{}\nmodel net {{ input 3x32x32; unit(8); unit(8); unit(16, stride=2) }}",
    "policy": "{}\nmodel net {{ input 3x32x32; residual {{ conv(3, 8, stride=2) }} shortcut project }}",
    "block": "{}\nmodel net {{ input 3x32x32; unit(8, stride=2) }}",
    "letf": "{}\nmodel net {{ input 3x32x32; conv(3, width(2)) }}",
    "variant": "model net(classes = 10) {{ input 3x8x8; flatten -> linear(classes) }}\n{}",
    "input": "model net {{\n{}\nrelu\n}}",
    "shortcut": "model net {{ input 3x32x32; residual {{ conv(3, 8, stride=2) }} {} }}",
    "keep": "model net {{\n  input 3x32x32\n  conv(3, 16) -> {}\n}}",
    "default": "model net {{\n  input 3x32x32\n{}\n  conv(3, 8)\n}}",
    "survival": "model net {{\n  input 3x32x32\n{}\n  2 x residual {{ conv(3, 3) }}\n}}",
    "aux": "model net {{\n  input 3x32x32\n{}\n  conv(3, 8)\n}}",
}
"""Where a snippet belongs; anywhere among the steps of a model unless it stands here."""


def filled(body: str, choice: int = 0) -> str:
    """What the editor inserts where nobody types: `$1`, `${1:default}` (nested), `${1|a,b|}`, `$0`, and escapes."""
    values: dict[str, str] = {}
    text, end = _filled(body, 0, values, choice, nested=False)
    assert end == len(body), "a placeholder is not closed"
    return re.sub("\0(\\d+)\0", lambda mirror: values.get(mirror[1], ""), text)


def _filled(body: str, place: int, values: dict[str, str], choice: int, *, nested: bool) -> tuple[str, int]:
    text = ""
    while place < len(body):
        rest = body[place:]
        if match := re.match(r"\\([$}\\])", rest):
            text += match[1]
        elif nested and rest[0] == "}":
            return text, place
        elif match := re.match(r"\$(\d+)|\$\{(\d+)\}", rest):
            text += f"\0{match[1] or match[2]}\0"
        elif match := re.match(r"\$\{(\d+)\|([^|]*)\|\}", rest):
            choices = match[2].split(",")
            values[match[1]] = choices[choice % len(choices)]
            text += values[match[1]]
        elif match := re.match(r"\$\{(\d+):", rest):
            inner, end = _filled(body, place + match.end(), values, choice, nested=True)
            assert body[end : end + 1] == "}", f"a placeholder is not closed in {body}"
            if match[1] in values:  # a mirror shows the first placeholder's value
                inner = values[match[1]]
            values[match[1]] = inner
            text, place = text + inner, end + 1
            continue
        else:
            match = re.match(r"[^$\\}]+|[\s\S]", rest)
            assert match
            text += match[0]
        place += match.end()
    return text, place


def body_of(name: str) -> str:
    return "\n".join(SNIPPETS[name]["body"])


def choices(body: str) -> range:
    return range(max((len(found.split(",")) for found in re.findall(r"\|([^|]*)\|\}", body)), default=1))


CASES = [
    pytest.param(name, choice, id=f"{snippet['prefix']}-{choice}")
    for name, snippet in SNIPPETS.items()
    for choice in choices(body_of(name))
]


@pytest.mark.parametrize(("name", "choice"), CASES)
def test_a_snippet_has_no_faults(name: str, choice: int) -> None:
    text = CONTEXTS.get(SNIPPETS[name]["prefix"], BODY).format(filled(body_of(name), choice))
    report = Report()
    check(load_program(Source("snippet.res", text), report), report)
    assert not report.failed, f"{text}\n{[(each.code, each.message) for each in report]}"


def test_prefixes_are_unique_and_say_what_they_are_for() -> None:
    prefixes = [snippet["prefix"] for snippet in SNIPPETS.values()]
    assert len(prefixes) == len(set(prefixes))
    assert all(snippet["description"] for snippet in SNIPPETS.values())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a $1 b", "a  b"),
        ("${1:x} $1", "x x"),
        ("${1:a ${2:b} c}$0", "a b c"),
        ("${1:{ x \\}}", "{ x }"),
        ("${1|one,two|}", "one"),
        ("\\$1 }", "$1 }"),
    ],
)
def test_filling_in_is_what_the_editor_does(body: str, text: str) -> None:
    assert filled(body) == text
