"""Forms for programs: against the published schema of SARIF, GitHub's rules for commands, and the page of the JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

import resdsl
from resdsl.diagnostics import Diagnostic, Edit, Fix, Frame, Label, Severity
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.machine import render_github, render_json
from resdsl.diagnostics.sarif import render_sarif, uri
from resdsl.source import Source, Span

SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
PAGE = Path(resdsl.__file__).parents[1] / "docs" / "check.md"
NET = Source("nets/a b,c:d%.res", 'model m {\n  "\U0001f600漢" cnov\n  bn\n}\n')
LIBRARY = Source("std:residual.res", "block b {\n}\n")


def span(text: str, source: Source = NET) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


FULL = Diagnostic(
    "E101",
    "no `cnov`: 100%,\r\nreally",
    Label(span("cnov"), "here"),
    secondary=(Label(span("block b", LIBRARY), "there"), Label(span("bn"))),
    notes=("why",),
    help="what",
    trace=(Frame("in m", span("model m")), Frame("from b", span("block b", LIBRARY))),
    fixes=(
        Fix("write `conv`", (Edit(span("cnov"), "conv"), Edit(span("bn"), "bn\n  bn")), safe=True),
        Fix("insert", (Edit(Span(NET, 0, 0), "use std: cnov\n"), Edit(span("block b", LIBRARY), "block c"))),
    ),
)
WARNING = Diagnostic("W501", "look", Label(Span(NET, 9, len(NET.text))), Severity.WARNING)


def validated(*diagnostics: Diagnostic) -> dict[str, Any]:
    document = json.loads(render_sarif(diagnostics, "1.2.3"))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    return document


def test_the_schema_refuses() -> None:
    """The oracle can fail: a document without its version, a result without its message, a property nobody knows."""
    good = validated(FULL)
    for spoil in (
        lambda d: d.pop("version"),
        lambda d: d["runs"][0]["results"][0].pop("message"),
        lambda d: d["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda d: d["runs"][0]["tool"]["driver"].update(colour="red"),
    ):
        bad = json.loads(json.dumps(good))
        spoil(bad)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft4Validator(SCHEMA).validate(bad)


def test_sarif_of_nothing_is_valid() -> None:
    document = validated()
    assert document["runs"][0]["results"] == document["runs"][0]["tool"]["driver"]["rules"] == []


def test_sarif_has_everything() -> None:
    run = validated(FULL, WARNING)["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["defaultConfiguration"]["level"]) for rule in rules] == [
        ("E101", "error"),
        ("W501", "warning"),
    ]
    assert rules[0]["shortDescription"]["text"] == CODES["E101"]
    assert rules[0]["help"]["markdown"].startswith("# E101: ")
    result, warning = run["results"]
    assert (rules[result["ruleIndex"]]["id"], rules[warning["ruleIndex"]]["id"]) == ("E101", "W501")
    assert result["message"]["text"] == "no `cnov`: 100%,\r\nreally\nnote: why\nhelp: what"
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 12,  # in code points, as columnKind says
    }  # fmt: skip
    assert [related["id"] for related in result["relatedLocations"]] == [1, 2]
    assert [frame["location"]["message"]["text"] for frame in result["stacks"][0]["frames"]] == ["in m", "from b"]
    safe, unsafe = result["fixes"]
    assert (safe["properties"]["safe"], unsafe["properties"]["safe"]) == (True, False)
    assert len(unsafe["artifactChanges"]) == 2
    assert safe["artifactChanges"][0]["replacements"][1]["insertedContent"]["text"] == "bn\n  bn"


def test_every_code_is_a_valid_rule() -> None:
    found = [Diagnostic(code, title, Label(span("bn"))) for code, title in CODES.items()]
    rules = validated(*found)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    assert all(rule["fullDescription"]["text"] for rule in rules)


@pytest.mark.parametrize("name", ["net.res", "../a/b.res", "a b,c:d%.res", "<stdin>", "漢/#?.res", "/tmp/a b.res"])
def test_names_are_uris_and_lead_back(name: str) -> None:
    parts = urlsplit(uri(name))
    assert parts.scheme == ("file" if name.startswith("/") else "")
    assert (parts.netloc, parts.query, parts.fragment) == ("", "", "")
    assert unquote(parts.path) == name


def test_library_places_are_uris_of_their_own() -> None:
    assert uri("std:residual.res") == "std:residual.res"


def parsed(command: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it (its toolkit's rules, the other way round)."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", command)
    assert match
    kind, listed, data = match.groups()

    def plain(text: str, more: dict[str, str]) -> str:
        return re.sub("%(25|0D|0A|3A|2C)", lambda m: {"25": "%", "0D": "\r", "0A": "\n", **more}.get(m[1], m[0]), text)

    properties = dict(pair.split("=", 1) for pair in listed.split(","))
    return kind, {k: plain(v, {"3A": ":", "2C": ","}) for k, v in properties.items()}, plain(data, {})


def test_github_commands_are_read_back_as_they_were_meant() -> None:
    error, warning = render_github([FULL, WARNING]).splitlines()
    kind, properties, message = parsed(error)
    assert kind == "error"
    assert properties == {
        "file": "nets/a b,c:d%.res", "line": "2", "col": "8", "endColumn": "12", "endLine": "2", "title": "resdsl E101",
    }  # fmt: skip
    first, *others = message.split("\n")
    assert first == r"no `cnov`: 100%,\x0d\x0areally"  # shown, not meant: a message cannot add lines
    assert others[:2] == ["note: why", "help: what"]
    kind, properties, _ = parsed(warning)
    assert kind == "warning"
    assert (properties["line"], properties["endLine"]) == ("1", "5")
    assert "col" not in properties  # GitHub takes columns within one line alone


def test_github_of_nothing_is_nothing() -> None:
    assert render_github([]) == ""


def test_faults_in_the_library_are_shown_where_the_user_called_it() -> None:
    """No host of code has the library's files."""
    inside = Label(span("block b", LIBRARY), "here")
    called = Diagnostic("E302", "no map", inside, trace=(Frame("from b", span("cnov")),))
    _, properties, message = parsed(render_github([called]).strip())
    assert (properties["file"], properties["line"]) == (NET.name, "2")
    assert message.split("\n") == ["no map", "at std:residual.res:1:1", "from b (nets/a b,c:d%.res:2:8)"]
    result = validated(called)["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri(NET.name)
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "std:residual.res"
    alone = Diagnostic("E302", "no map", inside)
    assert parsed(render_github([alone]).strip())[1]["file"] == "std:residual.res"
    validated(alone)


def test_a_message_cannot_be_another_command() -> None:
    text = "x\n::stop-commands::token\r::error::y"
    lines = render_github([Diagnostic("E101", text, Label(span("bn")), help=text)]).splitlines()
    assert len(lines) == 1


def keys(value: object, prefix: str = "") -> set[str]:
    """Every key of a document, with the way to it: `diagnostics[].fixes[].safe`."""
    if isinstance(value, dict):
        return {prefix + key for key in value} | {
            k for key, part in value.items() for k in keys(part, f"{prefix}{key}.")
        }
    if isinstance(value, list):
        return {key for part in value for key in keys(part, f"{prefix.removesuffix('.')}[].")}
    return set()


def test_the_page_names_every_key_of_the_json_and_no_other() -> None:
    files = [{"file": "a", "models": ["m"], "not_built": [{"model": "m", "parameters": ["k"]}], "mended": 0}]
    written = keys(json.loads(render_json([FULL], files)))
    shared = {"file", "line", "column", "end_line", "end_column"}
    page = PAGE.read_text(encoding="utf-8").partition("\n## JSON\n")[2]
    table = set(re.findall(r"^\| `([\w.\[\]]+)` \|", page, re.MULTILINE))
    places = {key for key in written if key.rpartition(".")[2] in shared and key.startswith("diagnostics")}
    assert table == (written - places) | {f"diagnostics[].{key}" for key in shared}
