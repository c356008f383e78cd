"""Passes one after the other."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.backends.res import to_res
from resdsl.passes import PASSES, find_pass, run
from resdsl.passes.base import Rewriter
from resdsl.passes.lowering.buffers import GrowInPlace
from resdsl.passes.lowering.epilogues import FuseEpilogues
from resdsl.passes.lowering.layouts import PutChannelsLast
from resdsl.passes.lowering.normalisations import LowerNormalisations

NETS = ["resnet20_cifar10", "preresnet20_cifar10", "densenet_bc100_12_cifar10", "highway10_w16_mnist", "googlenet"]
NETS += ["resnext20_16x4d_cifar10", "alexnet_paper", "stochastic_depth110_cifar10", "plain_fc10_mnist"]


@pytest.mark.parametrize("name", NETS)
def test_a_pass_that_records_no_change_made_none(name: str) -> None:
    """`run` relies on it: it keeps the graph from before."""
    graph = resdsl.load(name).ir
    before = to_res(graph)
    lowering = [GrowInPlace(), FuseEpilogues(linear=True), PutChannelsLast(), LowerNormalisations()]
    idle = 0
    for one in (*map(find_pass, PASSES), *lowering):
        rewriter = Rewriter(graph, one.name)
        one.apply(rewriter)
        if not rewriter.changes:
            idle += 1
            assert to_res(rewriter.finish().graph) == before
            assert run(graph, [one]).graph is graph
    assert idle
