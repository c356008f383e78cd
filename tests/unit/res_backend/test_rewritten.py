"""Graphs after rewrites: scopes that lost, gained or changed what they had."""

from __future__ import annotations

from functools import cache

import pytest

from resdsl.api import load
from resdsl.backends.res import to_res
from resdsl.graph import Graph
from resdsl.passes import INFERENCE, PASSES, rewrite
from tests.unit.res_backend._same import assert_same, elaborated

SMALL = ("resnet20_cifar10", "vgg11_bn", "densenet_bc40_12_cifar10", "resnext29_8x64d_cifar10", "highway10_mnist")
CASES = [
    *((net, names) for net in SMALL for names in [*((name,) for name in PASSES), INFERENCE]),
    ("googlenet_noaux", ("merge_parallel", "fold_batchnorm")),
    ("resnet50_v1_a", ("fold_batchnorm",)),
]


@pytest.mark.parametrize(("net", "names"), CASES)
def test_rewritten(net: str, names: tuple[str, ...]) -> None:
    graph = rewrite(_graph(net), names).graph
    assert_same(graph, to_res(graph))


@cache
def _graph(net: str) -> Graph:
    return load(net).ir


def test_what_is_folded_is_gone_from_the_definition() -> None:
    graph = rewrite(load("resnet18").ir, ["fold_batchnorm"]).graph
    text = to_res(graph)
    assert "bn" not in text
    assert text.count("block basic") == 1
    assert "default conv(bias=true, init=kaiming_normal(fan=out))" in text


@pytest.mark.parametrize(
    "steps",
    [
        "concat { | conv(1, 4) | conv(1, 4) -> part2: part(0, 2) | conv(1, 4) -> tanh } -> part3: conv(1, 4)",
        "part2: conv(1, 4) -> concat { | conv(1, 4) | conv(1, 4) -> relu } -> part1: part(0, 2)",
        """shared q: conv(1, 4); conv(1, 4)
s[]: {
  concat {
    | concat { | conv(1, 4) -> bn -> tanh | conv(1, 4) | conv(1, 4) } -> conv(1, 4) -> q -> conv(1, 4)
    | concat { | conv(1, 4) | conv(1, 4) -> relu -> part(0, 2) }
  }
  conv(1, 4) -> part(1, 2) -> conv(1, 4)
  conv(1, 4) -> part(1, 2) -> conv(1, 4)
  part(0, 2) -> conv(1, 4)
}""",
    ],
)
def test_names_that_nobody_gave_keep_out_of_the_way(steps: str) -> None:
    graph = rewrite(elaborated(f"model m {{ input 4x8x8; {steps} }}", "m"), ["merge_parallel"]).graph
    assert_same(graph, to_res(graph))


def test_keys_with_gaps_are_kept() -> None:
    text = to_res(rewrite(load("vgg11_bn").ir, ["fold_batchnorm"]).graph)
    assert "[4]: conv(3, 128) -> relu -> maxpool(2)" in text
