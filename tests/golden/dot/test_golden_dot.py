"""The DOT text of a few nets. `RESDSL_ACCEPT=1` writes what is drawn now; look at the pictures before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.backends.dot import draw

HERE = Path(__file__).parent
CASES = [
    ("residual_net", "overview"),
    ("residual_net", "stage"),
    ("residual_net", "block"),
    ("residual_net", "paths"),
    ("stochastic_net", "stage"),
    ("stochastic_net", "block"),
    ("stochastic_net", "paths"),
    ("gated_net", "stage"),
    ("gated_net", "block"),
    ("gated_shortcuts", "block"),
    ("dense_net", "overview"),
    ("dense_net", "stage"),
    ("dense_net", "block"),
    ("few_dense", "block"),
    ("merging_net", "overview"),
    ("merging_net", "stage"),
    ("merging_net", "block"),
    ("plain_net", "stage"),
    ("plain_net", "ops"),
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
