"""`%%res` in IPython's own shell: what a cell shows, binds and refuses."""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output

from resdsl import Architecture
from resdsl.backends.dot import layout
from resdsl.notebook import NOTHING

GOOD = """\
block unit(width) {
  residual { conv(3, width) -> bn }
  relu
}
model net(classes = 5) {
  input 3x8x8
  conv(3, 4)
  stage body: 2 x unit(4)
  avgpool -> flatten -> linear(classes)
}
"""


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    main, hook = sys.modules["__main__"], sys.displayhook  # a shell takes both for its own
    shell = InteractiveShell.instance(history_length=0)
    shell.run_line_magic("load_ext", "resdsl")
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()
    sys.modules["__main__"], sys.displayhook = main, hook


@pytest.fixture(autouse=True)
def clean(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shell.reset(new_session=False)


def run(shell: InteractiveShell, line: str, cell: str) -> tuple[ExecutionResult, CapturedIO]:
    with capture_output() as captured:
        result = shell.run_cell(f"%%res {line}\n{cell}")
    return result, captured


def shown(captured: CapturedIO) -> dict[str, str]:
    (output,) = captured.outputs
    data: dict[str, str] = output.data
    return data


def refused(shell: InteractiveShell, line: str, cell: str) -> tuple[str, CapturedIO]:
    """The error's message, which stands there without a traceback."""
    result, captured = run(shell, line, cell)
    assert result.error_in_exec is not None
    assert "Traceback" not in captured.stdout + captured.stderr
    return str(result.error_in_exec), captured


def test_a_net_is_shown_and_bound(shell: InteractiveShell) -> None:
    result, captured = run(shell, "mine", GOOD)
    assert result.success
    net = shell.user_ns["mine"]
    assert isinstance(net, Architecture)
    data = shown(captured)
    html = data["text/html"]
    figures = net.summary()
    assert f"{figures.params:,} parameters" in html
    assert '<td style="text-align: left">body</td>' in html
    assert data["text/plain"] == figures.to_table().rstrip()
    image = re.search(r'<img alt="net" [^>]*src="data:image/svg\+xml;base64,([^"]+)">', html)
    assert (image is not None) == layout.available()
    assert image is None or b64decode(image[1]).decode() == net.render()


def test_options(shell: InteractiveShell) -> None:
    shell.user_ns["n"] = 7
    result, captured = run(shell, "mine --level block --set classes=$n --input 3x16x16", GOOD)
    assert result.success
    net = shell.user_ns["mine"]
    assert (net.summary().input, net.summary().output) == ("3x16x16", "7")
    if layout.available():
        image = re.search(r'base64,([^"]+)"', shown(captured)["text/html"])
        assert image is not None
        assert b64decode(image[1]).decode() == net.render(level="block")


def test_a_broken_cell_shows_its_faults_and_changes_nothing(shell: InteractiveShell) -> None:
    shell.user_ns["mine"] = "before"
    message, captured = refused(shell, "mine", GOOD.replace("conv(3, 4)\n", 'conv(3, 4, bias="<b>")\n  cnov(3, 4)\n'))
    assert message == "2 errors; mine is not set"
    assert shell.user_ns["mine"] == "before"
    html = shown(captured)["text/html"]
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    text = unescape(re.sub(r"<[^>]*>", "", html))
    assert text.rstrip() == shown(captured)["text/plain"]
    assert re.search(r"^<cell>:8:3: error\[E101\]: ", text, re.MULTILINE)
    assert "\n8 |   cnov(3, 4)\n" in text


def test_what_a_text_says_stays_text(shell: InteractiveShell) -> None:
    hostile = "</pre><script>alert(1)</script>\x1b[31m"
    _, captured = refused(shell, "", f'model m {{ input 3; require false else "{hostile}" }}')
    html = shown(captured)["text/html"]
    assert "<script" not in html
    assert "\x1b" not in html
    assert set(re.findall(r"</?(\w+)", html)) == {"pre", "span"}
    result, captured = run(shell, "", 'model m { input 3; stage "<img onerror=x>": linear(2) }')
    assert result.success
    assert set(re.findall(r"</?(\w+)", shown(captured)["text/html"])) <= {
        "img", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "br",
    }  # fmt: skip
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", shown(captured)["text/html"])


def test_warnings_are_shown_above_the_net(shell: InteractiveShell) -> None:
    _, captured = run(shell, "", GOOD.replace("conv(3, 4)\n", "conv(3, 4)  # \u202e\n"))
    html = shown(captured)["text/html"]
    assert html.index("warning[") < html.index("parameters")


def test_imports_begin_at_the_working_folder(shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "units.res").write_text("block unit { relu }\n")
    result, _ = run(shell, "a", 'use "units.res": unit\nmodel m { input 3; unit; linear(2) }\n')
    assert result.success
    assert shell.user_ns["a"].summary().output == "2"


def test_blocks_alone_are_checked(shell: InteractiveShell) -> None:
    result, captured = run(shell, "", "block unit { relu }\n")
    assert result.success
    assert shown(captured) == {"text/html": "<p>No errors, and no model to show.</p>", "text/plain": NOTHING}
    assert "no model" in refused(shell, "net", "block unit { relu }\n")[0]


def test_several_models(shell: InteractiveShell) -> None:
    cell = "model a { input 3; linear(2) }\nmodel b { input 3; linear(4) }\n"
    message, _ = refused(shell, "net", cell)
    assert "--model says which to show: a, b" in message
    assert run(shell, "net --model b", cell)[0].success
    assert shell.user_ns["net"].name == "b"
    assert "did you mean" in refused(shell, "net --model bb", cell)[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [("--levle block", "--levle"), ("a b", "unrecognized"), ("2x", "2x"), ("'", "quotation"), ("--input 3x", "no size"),
     ("--set n", "name=value")],
)  # fmt: skip
def test_a_wrong_line_is_told(shell: InteractiveShell, line: str, said: str) -> None:
    assert said in refused(shell, line, GOOD)[0]


def test_without_graphviz_all_but_the_picture_comes(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> None:
        return None

    monkeypatch.setattr("shutil.which", missing)
    monkeypatch.setattr("importlib.util.find_spec", missing)
    result, captured = run(shell, "", GOOD)
    assert result.success
    html = shown(captured)["text/html"]
    assert "No picture: Graphviz is not installed" in html
    assert "parameters" in html
