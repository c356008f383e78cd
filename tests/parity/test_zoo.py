"""Every network of `specs/figures.csv` ships under its name, with the figures measured on the reference named there."""

from __future__ import annotations

import csv
import json

import pytest

from resdsl.cli import main
from resdsl.resources import root

ROWS = list(csv.DictReader((root("specs") / "figures.csv").read_text(encoding="utf-8").splitlines()))


def test_the_table_is_all_there() -> None:
    families = [row["family"] for row in ROWS]
    assert {family: families.count(family) for family in families} == {
        "alexnet": 1,
        "vgg": 8,
        "plain": 11,
        "resnet": 29,
        "preresnet": 17,
        "highway": 8,
        "stochastic-depth": 3,
        "wide-resnet": 13,
        "inception": 2,
        "resnext": 24,
        "densenet": 13,
    }


@pytest.mark.parametrize("row", ROWS, ids=[row["zoo"] for row in ROWS])
def test_figures(row: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", row["zoo"], "--format", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)

    counts = ("params", "buffers", "state_dict_keys", "macs")
    assert {name: summary[name] for name in counts} == {name: int(row[name]) for name in counts}
    assert summary["model"] == row["zoo"]
    assert _sizes(summary["input"]) == row["input"].removeprefix("1x")
    assert _sizes(summary["output"]) == row["output"].removeprefix("1x")


def _sizes(value: object) -> str:
    """A shape as the table writes it, without the batch axis."""
    return "x".join(str(n) for n in value) if isinstance(value, list) else str(value)
