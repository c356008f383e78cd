"""The text of a few graphs. `RESDSL_ACCEPT=1` writes what is made now; read it before."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from resdsl.api import load
from resdsl.backends.res import to_res
from resdsl.passes import rewrite
from tests.unit.res_backend._same import elaborated

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "language.md"
NETS = (
    "resnet18",
    "resnet50_v1_a",
    "densenet121",
    "googlenet",
    "highway19_cifar10",
    "stochastic_depth110_cifar10",
    "preresnet20_cifar10",
    "resnext50_32x4d_paths",
    "resnet50_fpn",
    "vgg16",
)
REWRITTEN = {"resnet50": "fold_batchnorm", "googlenet_noaux": "merge_parallel"}


def compared(name: str, text: str) -> None:
    accepted = HERE / f"{name}.res"
    if os.environ.get("RESDSL_ACCEPT"):
        assert not os.environ.get("CI"), "what is accepted is decided by a person, not in CI"
        accepted.write_text(text, encoding="utf-8")
    assert text == accepted.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NETS)
def test_text_is_as_accepted(name: str) -> None:
    compared(name, load(name).text())


@pytest.mark.parametrize("name", REWRITTEN)
def test_rewritten_text_is_as_accepted(name: str) -> None:
    compared(f"{name}-{REWRITTEN[name]}", to_res(rewrite(load(name).ir, [REWRITTEN[name]]).graph))


@pytest.mark.parametrize("model", ["detector", "unet", "stochastic", "merges"])
def test_example_is_as_accepted(model: str) -> None:
    """An example of the page, which says what it means in another way."""
    examples = re.findall(r"^```res\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (source,) = (text for text in examples if re.search(rf"^model {model}\b", text, re.MULTILINE))
    compared(f"example-{model}", to_res(elaborated(source, model)))
