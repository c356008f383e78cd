"""The generated Python of a few networks. `RESDSL_ACCEPT=1` writes what is generated now; read it before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resdsl.api import load

HERE = Path(__file__).parent
CASES = {
    "resnet50": {},
    "resnet110_cifar10": {"p": 0.5},
    "alexnet": {},
    "googlenet": {},
    "densenet121": {},
    "resnext50_32x4d_paths": {},
    "highway19_cifar10": {},
    "preresnet20_cifar10": {},
    "resnet50_fpn": {},
}


@pytest.mark.parametrize("name", CASES)
def test_source_is_as_accepted(name: str) -> None:
    source = load(name, **CASES[name]).source()
    accepted = HERE / f"{name}.py.txt"
    if os.environ.get("RESDSL_ACCEPT"):
        assert not os.environ.get("CI"), "what is accepted is decided by a person, not in CI"
        accepted.write_text(source, encoding="utf-8")
    assert source == accepted.read_text(encoding="utf-8")
