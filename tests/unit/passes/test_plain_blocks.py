"""Residual units of two convolutions into plain ones, and what keeps others as they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from resdsl.analysis.metrics import metrics
from resdsl.backends.torch import emit
from resdsl.graph import ScopeKind
from resdsl.graph.draft import Draft
from resdsl.passes import rewrite
from resdsl.passes.signs import is_non_negative
from resdsl.runtime.formulas import convert
from tests.unit.passes._equal import assert_equal, graph_of, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed

BEFORE = ["drop_identities", "fold_batchnorm"]


def net(body, blocks=""):
    return graph_of(f"""
use std: basic, bottleneck, pad, project_always
block scaled(factor) {{ avgpool(1, stride=out.stride) -> pad_channels(out.channels) -> scale(factor) }}
{blocks}
model net {{ input 4x9x9
  {body}
}}""")


def folded(graph):
    return rewrite(graph, BEFORE).graph


@pytest.mark.parametrize(
    ("name", "units"),
    [("resnet20_cifar10", 9), ("resnet20_b_cifar10", 9), ("wrn40_1_cifar10", 2), ("preresnet20_cifar10", 2)],
)
def test_equal_on_nets_that_ship(name, units):
    """Options A and B; units with pre-activation whose shortcut projects what the branch convolves, too."""
    done = assert_equal(folded(shipped(name, "3x8x8")), "plain_blocks")
    assert len(done.changes) == units


@pytest.mark.parametrize(
    "body",
    [
        "conv(3, 6) -> relu -> basic(6) -> basic(8, stride=2) -> basic(8)",
        "relu -> basic(4, skip=pad) -> basic(7, stride=2, skip=pad) -> basic(7, dilation=2, skip=project_always)",
        "relu -> basic(6, stride=2, skip=scaled(0.5))",
        "sigmoid -> residual { scale(2) -> conv(3, 6, bias=true) -> scale(3) -> relu -> conv(1, 4) -> scale(0.5) }",
        "maxpool(3, stride=1) -> relu -> residual { conv([3, 1], 6) -> relu -> conv([1, 5], 4, bias=true) } -> bn",
        "relu6 -> residual { conv(3, 4, stride=3, pad=1) -> relu -> conv(3, 8) } shortcut { conv(1, 8, stride=3) }",
        "relu -> concat { | avgpool(3, stride=1, pad=1) | identity } -> residual { conv(3, 5) -> relu -> conv(3, 8) }",
    ],
)  # fmt: skip
def test_equal(body):
    done = assert_equal(folded(net(body)), "plain_blocks")
    assert not any(scope.kind in (ScopeKind.RESIDUAL, ScopeKind.MAIN) for scope in done.graph.root.walk())
    assert not done.graph.units


def test_equal_on_other_axes():
    for size in ("4x9", "4x5x6x7"):
        graph = steps("relu -> residual { conv(3, 3) -> relu -> conv(3, 4) } -> relu", size)
        assert_equal(graph, "plain_blocks")


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet18_a", "resnet18_c", "resnet110_bn_after_cifar10"])
def test_all_units_of_basic_nets_become_plain(name):
    graph = folded(shipped(name))
    done = rewrite(graph, ["plain_blocks"])
    assert len(done.changes) == len(graph.units)
    assert not done.graph.units
    assert not done.refused


def test_the_price_is_twice_the_multiply_adds_of_units_that_keep_their_width():
    graph = folded(net("conv(3, 8) -> relu -> basic(8) -> basic(8)"))
    done = rewrite(graph, ["plain_blocks"])
    stem = 4 * 8 * 9 * 81
    assert metrics(done.graph).macs - stem == 2 * (metrics(graph).macs - stem)
    assert [change.what for change in done.changes] == [
        f"basic{i}.conv1 carries its input to basic{i}.conv2: 2.00 times the multiply-adds of the branch"
        for i in (1, 2)
    ]


def test_the_kernels_are_what_the_formula_says():
    graph = steps("relu -> residual { conv(3, 2) -> relu -> conv(3, 4) }")
    done = rewrite(graph, ["plain_blocks"])
    assert str(done.weights["conv1.weight"]) == "cat([conv1.weight, centred(dirac, 3x3)], axis 0)"
    assert str(done.weights["conv2.weight"]) == "cat([conv2.weight, centred(dirac, 3x3)], axis 1)"
    found = convert(done.weights, {"conv1.weight": torch.zeros(2, 4, 3, 3), "conv2.weight": torch.zeros(4, 2, 3, 3)})
    assert found["conv1.weight"].sum() == found["conv2.weight"].sum() == 4
    assert torch.equal(found["conv1.weight"][2:, :, 1, 1], torch.eye(4))


def test_the_source_is_a_plain_net():
    done = rewrite(folded(shipped("resnet20_cifar10")), ["plain_blocks"])
    source = emit(done.graph)
    assert "return self.relu(self.conv2(x))" in source
    assert "+=" not in source
    assert "nn.Sequential(*(Basic(16, 16) for _ in range(3)))" in source


OUTSIDE = "conv(3, 4) -> relu -> conv(3, 4) -> keep y\n from x ->"
WRONG = {
    "sign": ("residual { conv(3, 4) -> relu -> conv(3, 4) }", "the result of input, may be negative", "_sign"),
    "sign after a sum": (
        "relu -> residual { scale(-2) } -> residual { conv(3, 4) -> relu -> conv(3, 4) }",
        "the result of add, may be negative",
        "_sign",
    ),
    "sign after a negative factor": (
        "relu -> scale(-1) -> residual { conv(3, 4) -> relu -> conv(3, 4) }",
        "the result of scale, may be negative",
        "_sign",
    ),
    "first window": (
        "relu -> residual { conv(3, 4, pad=[[0, 2], [1, 1]]) -> relu -> conv(3, 4) }",
        "the window of conv1 is not centred",
        "_misfit",
    ),
    "second window": (
        "relu -> residual { conv(3, 4) -> relu -> conv(4, 4, pad=[[2, 1], [2, 1]]) }",
        "the window of conv2 is not centred",
        "_misfit",
    ),
    "strides": (
        "relu -> residual { conv(3, 4, stride=3, pad=1) -> relu -> conv(1, 4) } shortcut { conv(1, 4, stride=4) }",
        "downsample.0 and the branch have different strides",
        "_misfit",
    ),
    "window of the shortcut": (
        "relu -> residual { conv(3, 4, stride=2) -> relu -> conv(3, 4) } shortcut { conv(3, 4, stride=2) }",
        "no single position",
        "_misfit",
    ),
    "dropped": ("relu -> residual { conv(3, 4) -> relu -> conv(3, 4) } survival 0.5", "may be dropped", "_obstacle"),
}


@pytest.mark.parametrize("case", WRONG)
def test_without_its_condition_it_would_be_wrong(case, monkeypatch):
    text, why, condition = WRONG[case]
    assert_needed(monkeypatch, steps(text, "4x9x9"), "plain_blocks", why, condition)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("relu -> basic(4)", "fold_batchnorm comes first"),
        ("relu -> residual { conv(3, 4) -> relu6 -> conv(3, 4) }", "relu6, which is neither"),
        ("relu -> residual { conv(3, 4) -> elu -> conv(3, 4) }", "elu, which is neither"),
        ("relu -> residual { conv(3, 4) }", "merge_residual joins it to the shortcut at no cost"),
        ("relu -> residual { relu -> conv(3, 4) -> relu -> conv(3, 4) }", "the branch begins with relu"),
        ("relu -> residual { bn -> conv(3, 4) }", "pre-activation"),
        ("relu -> residual { conv(3, 4) -> relu }", "the branch ends in relu"),
        ("relu -> residual { conv(3, 4) -> conv(3, 4) }", "it is not conv, relu, conv"),
        ("relu -> keep a -> tanh -> residual { from a -> conv(3, 4) -> relu -> conv(3, 4) }", "from the same value"),
        ("relu -> residual { conv(3, 4, groups=2) -> relu -> conv(3, 4) }", "conv1 has 2 groups"),
        ("relu -> residual { conv(3, 8) -> relu -> conv(3, 8) } shortcut { conv(1, 8, groups=2) }", "has 2 groups"),
        ("relu -> residual { conv(3, 8) -> relu -> conv(3, 8) } shortcut { conv(3, 8) }", "no single position"),
        ("shared c: conv(3, 4)\n relu -> residual { conv(3, 4) -> relu -> c } -> c", "shared weights"),
        (f"relu -> keep x -> {OUTSIDE} aux h: residual {{ from y }}\n tanh", "the same dropped branch"),
        ("relu -> residual { conv(3, 4) -> relu -> conv(3, 4) } gate { conv(1, 4) -> sigmoid }", "results of mul"),
        ("relu -> residual { conv(1, 1) -> relu -> conv(3, 1) -> relu -> conv(1, 4) }",
         "the branch is 3 convolutions, not 2: carrying the shortcut through all of them would take 15.6 times"),
    ],
)  # fmt: skip
def test_refused(body, why):
    (found,) = reasons(net(body), "plain_blocks")
    assert why in found


def test_a_bottleneck_says_what_it_would_take():
    """At a quarter of the width w: 4 + 9 + 4 = 17 w^2 before; 4 * 5 + 9 * 5 * 5 + 5 * 4 = 265 w^2 after."""
    done = rewrite(folded(shipped("resnet50", "3x32x32")), ["plain_blocks"])
    assert not done.changes
    assert len(done.refused) == 16
    assert sum(f"would take {Fraction(265, 17) + 0.0:.1f} times" in refusal.what for refusal in done.refused) == 12


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("relu", True),
        ("softplus", True),
        ("tanh", False),
        ("conv(1, 4)", False),
        ("relu -> maxpool(2) -> dropout -> flatten", True),
        ("relu -> scale(0.5)", True),
        ("relu -> scale(-0.5)", False),
        ("relu -> complement", False),
        ("add { | relu | sigmoid }", True),
        ("add { | relu | identity }", False),
        ("mul { | tanh | sigmoid }", False),
        ("relu -> resize(4, mode=bicubic)", False),
    ],
)
def test_signs(text, holds):
    graph = steps(text)
    draft = Draft(graph)
    assert is_non_negative(draft, draft.nodes[graph.outputs[0].node]) is holds
