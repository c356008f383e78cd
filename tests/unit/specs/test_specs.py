"""What ships is sound: every file checks, cites its paper, and stays short; names are unique."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

import resdsl
from resdsl.diagnostics import Report
from resdsl.elaborate import check, load_program
from resdsl.resources import root
from resdsl.source import Source
from resdsl.syntax import parse, tree

SPECS = sorted(root("specs").glob("*.res"))
LIBRARY = sorted(root("library").glob("*.res"))


def _parsed(path: Path) -> tree.File:
    return parse(Source(str(path), path.read_text(encoding="utf-8")), Report())


@pytest.mark.parametrize("path", [*SPECS, *LIBRARY], ids=lambda path: path.name)
def test_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    report = Report()
    check(load_program(Source(str(path), text), report), report)
    assert [f"{d.span}: {d.message}" for d in report] == []

    title = _parsed(path).header.splitlines()[0]
    assert "arXiv:" in title, "the first line cites the paper, for it begins the generated module's docstring"
    lines = text.splitlines()
    assert len(lines) <= 60
    assert max(len(line) for line in lines) <= 120


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_networks_state_figures(path: Path) -> None:
    """Every variant expects something: its own figures, or those its model states of all variants."""
    items = _parsed(path).items
    expecting = {
        item.name.name for item in items if isinstance(item, tree.Model | tree.Variant) and _expects(item.body)
    }
    variants = [item for item in items if isinstance(item, tree.Variant)]
    assert [v.name.name for v in variants if not {v.name.name, v.call.name.name} & expecting] == []


def _expects(body: tree.Body | None) -> bool:
    return body is not None and any(isinstance(stmt, tree.Expect) for stmt in body.stmts)


def test_names_are_unique() -> None:
    for paths, kinds in ((SPECS, tree.Model | tree.Variant), (LIBRARY, tree.Block)):
        names = Counter(item.name.name for path in paths for item in _parsed(path).items if isinstance(item, kinds))
        assert [name for name, count in names.items() if count > 1] == []


def test_stochastic_depth_of_resnet110() -> None:
    """p_l = 1 - l / 54 * 0.5 and E[depth] = (3 * 54 - 1) / 4 units: arXiv:1603.09382, section 3."""
    units = resdsl.load("resnet110_cifar10", p=0.5).ir.units
    chances = [unit.survival.chance for unit in units if unit.survival]
    assert chances == [1 - Fraction(unit, 54) / 2 for unit in range(1, 55)]
    assert sum(chances) == Fraction(161, 4)


def test_without_survival_no_unit_may_be_dropped() -> None:
    assert not any(unit.survival for unit in resdsl.load("resnet110_cifar10").ir.units)
