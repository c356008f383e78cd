"""What a user may write for a spec."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.resources import root
from resdsl.specs import Spec, SpecError, find, shipped


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("net.res", Spec(Path("net.res"), None)),
        ("net.res:tiny", Spec(Path("net.res"), "tiny")),
        ("a/net", Spec(Path("a/net"), None)),
        ("./net:tiny", Spec(Path("net"), "tiny")),
        ("a:b/net.res", Spec(Path("a:b/net.res"), None)),
        ("C:/net.res", Spec(Path("C:/net.res"), None)),
        ("-", Spec(None, None)),
        ("-:tiny", Spec(None, "tiny")),
    ],
)
def test_files(text: str, spec: Spec) -> None:
    assert find(text) == spec


def test_paths_are_files() -> None:
    assert find(Path("resnet50")) == Spec(Path("resnet50"), None)


def test_a_network_that_ships() -> None:
    assert find("resnet50") == Spec(root("specs") / "resnet.res", "resnet50", ships=True)


def test_a_slip_gets_a_suggestion_and_a_stranger_gets_help() -> None:
    with pytest.raises(SpecError, match="did you mean resnet50"):
        find("resnt50")
    with pytest.raises(SpecError, match="resdsl zoo"):
        find("qqqq")


def test_names_ship_once() -> None:
    texts = [path.read_text(encoding="utf-8") for path in root("specs").rglob("*.res")]
    names = [name for text in texts for name in re.findall(r"^\s*model (\w+)", text, re.MULTILINE)]
    assert sorted(names) == sorted(shipped())


def test_messages_show_paths_below_the_working_directory_as_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root("specs").parent)
    assert find("resnet50").name == "specs/resnet.res"
    assert find("-").name == "<stdin>"
