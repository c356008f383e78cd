"""What a spec or the name of its file says stays text in every form of the messages: nothing of it is carried out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from resdsl.api import inspect
from resdsl.cli import main
from resdsl.diagnostics import Diagnostic, Label, Report
from resdsl.diagnostics.html import render_html
from resdsl.diagnostics.machine import render_github, render_json
from resdsl.diagnostics.render import render_concise, render_full
from resdsl.diagnostics.sarif import render_sarif
from resdsl.source import Source, Span
from resdsl.specs import Spec

TEXTS = {
    "a terminal's commands": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "a line of its own": "a\nnet.res:1:1: error[E999]: forged\r\nb",
    "a command of GitHub": "%0A::error file=a::b\n::set-output name=a::b\n##[error]c",
    "HTML": "</pre><script>alert('a')</script><img src=x onerror=\"alert(1)\">&lt;",
    "JSON": '"}], "version": 99, "a": ["\\',
    "directions": "\u202e\u2066gpj.exe\u2069",
    "separators": "a\u2028b\u2029c\x85d\x0ce",
    "no characters": "\udcff\udc80\U000e0001\ufeff",
}
"""What a name of a file, a message and a text may have in them."""


def faults(text: str) -> tuple[Diagnostic, ...]:
    """One diagnostic with the text everywhere that a text can be."""
    source = Source(f"{text}.res", f"model {text}\nnet {text}")
    label = Label(Span(source, 0, 6), text)
    return (Diagnostic("E101", f"no {text}", label, secondary=(label,), notes=(text,), help=text),)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_terminal_is_shown_escapes(text: str) -> None:
    for shown in (render_full(faults(text)), render_concise(faults(text))):
        assert not [char for char in shown if char != "\n" and not char.isprintable()]
    assert len(render_concise(faults(text)).splitlines()) == 1


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_github_is_given_one_command(text: str) -> None:
    written = render_github(faults(text))
    assert re.fullmatch(r"::error file=[^,:\r\n]*(,\w+=[^,:\r\n]*)*::[^\r\n]*\n", written), written
    assert not [char for char in written if char != "\n" and not char.isprintable()]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_documents_have_the_text_as_a_value(text: str) -> None:
    read = json.loads(render_json(faults(text)))
    assert [one["notes"] for one in read["diagnostics"]] == [[text]]
    assert read["version"] == 1
    (run,) = json.loads(render_sarif(faults(text), "0"))["runs"]
    assert text in run["results"][0]["message"]["text"]
    assert render_json(faults(text)).isascii()
    assert render_sarif(faults(text), "0").isascii()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_html_has_no_element_of_the_text(text: str) -> None:
    written = render_html(faults(text))
    assert set(re.findall(r"<(/?\w+)", written)) <= {"pre", "/pre", "span", "/span"}
    assert not [char for char in written if char != "\n" and not char.isprintable()]


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "github"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_file_may_be_called_anything(
    text: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = text.replace("/", "-").encode("utf-8", "replace").decode() + ".res"
    Path(name).write_text("model net { input 3; rleu }\n", encoding="utf-8")
    assert main(["check", f"./{name}", "--format", form]) == 1
    said = capsys.readouterr()
    shown = said.out + said.err
    assert "E101" in shown
    assert not [char for char in shown if char != "\n" and not char.isprintable()]


def test_a_text_of_controls_is_shown_as_escapes(tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_bytes(b"model net { input 3; \x1b]0;a\x07 \xc2\x9b relu }\n# \xe2\x80\xae\n")
    report: Report = inspect(Spec(path, None)).report
    assert "\\x1b" in render_full(report)
    assert not [char for char in render_full(report) if char != "\n" and not char.isprintable()]
