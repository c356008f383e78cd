"""What ships is without warnings, or says why they stay; docs/lints.md is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.sizes import input_sizes
from resdsl.api import inspect
from resdsl.diagnostics.codes import CODES
from resdsl.limits import Limits
from resdsl.lints import RULES
from resdsl.resources import root
from resdsl.source import Source
from resdsl.specs import Spec

ROOT = Path(__file__).parents[3]
TEXTS = [
    *sorted(root("specs").glob("*.res")),
    *sorted(root("library").glob("*.res")),
    *sorted((ROOT / "examples").glob("*.res")),
    ROOT / "resdsl" / "template.res",
]
LANGUAGE = sorted((ROOT / "tests" / "cases" / "language").glob("*.res"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_what_ships_gives_no_warning(path: Path) -> None:
    checked = inspect(Spec(path, None), limits=Limits(seconds=60))
    assert [f"{d.span}: {d.code} {d.message}" for d in checked.report] == []


def test_the_valid_cases_of_the_language_give_none() -> None:
    for path in LANGUAGE:
        report = inspect(Spec(path, None)).report
        assert report.failed or [f"{d.span}: {d.code}" for d in report] == [], path.name


@pytest.mark.parametrize(("name", "places"), [("vgg", 1), ("stochastic_depth", 1), ("face_embedding", 2)])
def test_published_nets_have_warnings_that_they_allow(name: str, places: int) -> None:
    text = (root("specs") / f"{name}.res").read_text(encoding="utf-8")
    assert text.count("# allow") == places
    bare = Source(str(root("specs") / f"{name}.res"), re.sub(r"# allow", "# as to", text))
    report = inspect(Spec(root("specs") / f"{name}.res", None), source=bare, limits=Limits(seconds=60)).report
    assert len(report) == places


def test_the_page_lists_the_rules() -> None:
    page = (ROOT / "docs" / "lints.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(W\d+)\]\(diagnostics/\1\.md\) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [(code, what) for code, what, _ in rows] == [(rule.code, CODES[rule.code]) for rule in RULES]


def test_the_examples_of_the_page_give_no_warning() -> None:
    page = (ROOT / "docs" / "lints.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```res\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    report = inspect(Spec(Path("net.res"), None), source=Source("net.res", text)).report
    assert [d.code for d in report] == []


def test_what_the_page_says_of_sizes() -> None:
    page = (ROOT / "docs" / "lints.md").read_text(encoding="utf-8")
    name, said = re.findall(r'load\("(\w+)"\).*?# ([^\n]*)', page, re.DOTALL)[0]
    sizes = input_sizes(resdsl.load(name).ir)
    assert sizes is not None
    assert sizes.describe() == said
