"""Pools before 1x1 convolutions: transitions of DenseNets cost a quarter, and where the order matters it stays."""

from __future__ import annotations

import pytest

from resdsl.analysis.summary import summarize
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import forced

KEPT = "conv(1, 6) -> keep y -> avgpool(2) -> keep z\n output y, z"
PADDED = "conv(1, 6, bias=true) -> avgpool(3, stride=2, pad=1)"


def test_nets_that_ship() -> None:
    assert_equal(shipped("densenet_bc40_12_cifar10", "3x16x16"), "pool_first")


def test_a_twelfth_of_densenet121() -> None:
    net = shipped("densenet121")
    done = rewrite(net, ["pool_first"])
    assert len(done.changes) == 3
    before, after = summarize(net).macs, summarize(done.graph).macs
    assert before - after == 308_281_344 - 77_070_336  # facts.md, equivalence 8
    assert 0.081 < 1 - after / before < 0.083


@pytest.mark.parametrize(
    "text",
    [
        "conv(1, 6) -> avgpool(3, stride=2, pad=1)",
        "conv(1, 6, bias=true) -> avgpool(3, stride=2, pad=1, count_pad=false)",
        "conv(1, 6, bias=true) -> avgpool(3, stride=2, pad=0, ceil=true)",
        "conv(1, 6, groups=2, bias=true) -> avgpool(to=3)",
        "linear(6, pointwise=true) -> avgpool",
        "conv(1, 6) -> avgpool(2) -> avgpool(2)",
        "a: conv(1, 6)\n b: { avgpool(2) -> relu }",
        "a[]: { conv(1, 4) -> avgpool(2) -> conv(3, 2) -> conv(1, 3) -> avgpool }",
        "residual { conv(1, 6) -> avgpool(2) } shortcut { conv(1, 6) -> avgpool(2) } survival 0.6",
        "conv(1, 4) -> avgpool(2) -> keep y -> conv(1, 4) -> keep z\n output y, z",
    ],
)
def test_every_kind_of_average_and_place(text: str) -> None:
    assert_equal(steps(text), "pool_first")


def test_after_the_normalisation_is_folded() -> None:
    net = steps("conv(1, 6) -> bn -> avgpool(2)")
    assert reasons(net, "pool_first") == ["it pools the result of bn, not of a 1x1 convolution"]
    assert_equal(net, ["fold_batchnorm", "pool_first"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("relu -> avgpool(2)", "it pools the result of relu, not of a 1x1 convolution"),
        ("conv(3, 6) -> avgpool(2)", "conv1 is no 1x1 convolution with stride 1 and without padding"),
        ("conv(1, 6, stride=2) -> avgpool(2)", "conv1 is no 1x1 convolution with stride 1 and without padding"),
        ("conv(1, 6, pad=1) -> avgpool(2)", "conv1 is no 1x1 convolution with stride 1 and without padding"),
        (PADDED, "conv1 has a bias, and the pool counts its padding as zeros"),
        ("conv(1, 6) -> avgpool(3, stride=1, pad=1)", "it leaves as many positions as there were"),
        (KEPT, "conv1 has other uses"),
        (
            "keep x -> conv(1, 4) -> keep y\n from x -> maxpool(2) -> residual { from y -> avgpool(2) } survival 0.5",
            "conv1 does not stand in the same dropped branch or auxiliary head",
        ),
        (
            "keep x -> conv(1, 6) -> aux h: avgpool\n from x",
            "conv1 does not stand in the same dropped branch or auxiliary head",
        ),
        ("shared s: conv(1, 4)\n s -> avgpool(2) -> s", "it is shared, or s is"),
    ],
)
def test_where_the_order_matters_it_stays(text: str, why: str) -> None:
    assert reasons(steps(text), "pool_first") == [why]


@pytest.mark.parametrize(
    "text",
    [
        PADDED,
        KEPT,
        "conv(3, 6) -> avgpool(2)",
        "conv(1, 6, stride=2) -> avgpool(2)",
        "conv(1, 6, pad=1) -> avgpool(2, ceil=true)",
    ],
)
def test_the_other_order_would_be_another_net(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert forced(monkeypatch, steps(text), "pool_first") > 1e-3
