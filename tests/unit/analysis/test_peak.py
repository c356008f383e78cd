"""Peaks of memory worked out by hand; tests/parity/test_memory.py asks the allocator."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.peak import Peak

NET = "model net { input 2\n linear(3) -> relu -> linear(4) }"
"""Weights: 3x2 + 3 and 4x3 + 4 numbers; values: 2, 3 (overwritten by its ReLU) and 4 numbers for each input."""


@pytest.fixture
def net(tmp_path: Path) -> resdsl.Architecture:
    path = tmp_path / "net.res"
    path.write_text(NET)
    return resdsl.load(path)


def test_by_hand(net: resdsl.Architecture) -> None:
    """The second layer's backward has the gradients of its output, its operand and its weights, and every value."""
    found = net.memory(10, optimizer="momentum")
    values = 4 * 10 * (2 + 3 + 4)
    assert found.inference == Peak(100, 0, 0, values, 0, "forward", "linear2")
    assert found.accumulating == Peak(100, 4 * (25 + 16), 100, values, 4 * 10 * (4 + 3), "backward", "linear2")
    assert found.training == Peak(100, 4 * 16, 100, values, 4 * 10 * (4 + 3), "backward", "linear2")
    assert found.first == Peak(100, 4 * 16, 0, values, 4 * 10 * (4 + 3), "backward", "linear2")


def test_an_optimizer_that_needs_more_than_the_backward_pass(net: resdsl.Architecture) -> None:
    """Adam makes the square root and the quotient of one weight's size, and holds two scalars of 4 bytes a weight."""
    assert net.memory(1, optimizer="adam").training == Peak(100, 100, 200 + 4 * 4, 4 * 6, 2 * 4 * 12, "optimizer", "")


def test_the_input_of_a_net_without_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text("model net { input 2x4x4\n avgpool(2) -> flatten }")
    found = resdsl.load(path).memory(3)
    assert found.training == found.inference == Peak(0, 0, 0, 3 * 4 * (32 + 8), 0, "forward", "avgpool1")


def test_a_net_that_grows_with_the_batch() -> None:
    net = resdsl.load("resnet20_cifar10")
    totals = [net.memory(batch).training.total for batch in (1, 2, 4, 8)]
    assert totals == sorted(set(totals))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch": 0}, "a batch of 0: it has at least one input"),
        ({"dtype": "int8"}, "'int8' is none of float64, float32, float16, bfloat16"),
        ({"optimizer": "adamw"}, "'adamw' is none of sgd, momentum, adam"),
    ],
)
def test_what_there_is_not(net: resdsl.Architecture, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        net.memory(**wrong)
