"""The DOT text of a few nets. `RESDSL_ACCEPT=1` writes what is drawn now; look at the pictures before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.backends.dot import LEVELS, draw

HERE = Path(__file__).parent
FAMILIES = ("plain_net", "residual_net", "stochastic_net", "gated_net", "dense_net", "merging_net")
CASES = [(family, level) for family in FAMILIES for level in LEVELS] + [
    ("gated_shortcuts", "block"),
    ("few_dense", "block"),
    ("pyramid", "stage"),
    ("several", "stage"),
    ("repeated", "stage"),
]


@pytest.mark.parametrize(("model", "level"), CASES)
def test_dot_is_as_accepted(model: str, level: str) -> None:
    drawn = draw(load(HERE / "nets.res", model).ir, level)
    accepted = HERE / f"{model}-{level}.gv"
    if os.environ.get("RESDSL_ACCEPT"):
        assert not os.environ.get("CI"), "what is accepted is decided by a person, not in CI"
        accepted.write_text(drawn, encoding="utf-8")
    assert drawn == accepted.read_text(encoding="utf-8")
