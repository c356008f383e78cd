"""Residuals around one convolution into plain convolutions, and what keeps others as they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resdsl.backends.torch import emit
from resdsl.graph import ScopeKind
from resdsl.passes import rewrite
from resdsl.runtime import build_module
from resdsl.runtime.formulas import convert
from tests.unit.passes._equal import assert_equal, graph_of, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed

REPVGG = """
block unit(width, stride = 1) {
  add {
    | conv(3, width, stride=stride) -> bn
    | conv(1, width, stride=stride) -> bn
    if stride == 1 and channels == width { | identity }
  }
  relu
}
model net { input 3x16x16
  stage body: { unit(8, 2); 2 x unit(8); unit(16, 2); unit(16) }
  avgpool -> flatten -> fc: linear(5)
}
"""


@pytest.mark.parametrize(
    "text",
    [
        "residual { conv(3, 4) } -> relu",
        "residual { conv(3, 4, bias=true) -> scale(0.5) } shortcut { scale(2) }",
        "residual { scale(3) -> conv(3, 4, bias=true) -> scale(0.5) }",
        "residual { conv(3, 4, groups=2) }",
        "residual { conv(5, 4, dilation=2, groups=4, bias=true) }",
        "residual { conv([1, 5], 4, padding_mode=circular) }",
        "residual { conv(3, 8, stride=2) } shortcut { conv(1, 8, stride=2, bias=true) }",
        "residual { conv(3, 8, stride=[2, 1], groups=2) } shortcut { conv(1, 8, stride=[2, 1], groups=2) }",
        "residual { conv(3, 8, stride=2) } shortcut { avgpool(1, stride=2) -> pad_channels(8) }",
        "residual { conv(3, 8) } shortcut { pad_channels(8, before=1) }",
        "residual { conv(1, 4) }",
        "add { | conv(4, 6, pad=1) | conv(4, 6, pad=1, bias=true) }",
        "add { | conv(3, 4) | conv([1, 3], 4) | conv([3, 1], 4) | conv(1, 4) | identity }",
        "add { | conv(3, 4, pad=0, padding_mode=circular) | conv(3, 4, pad=0) }",
        "keep x -> conv(3, 4) -> keep y\n from x -> add { | identity | from y } -> relu",
        "conv(3, 4) -> relu -> residual { conv(3, 4) } -> residual { conv(3, 4) -> relu -> conv(3, 4) }",
    ],
)
def test_equal(text):
    assert_equal(steps(text, "4x9x9"), "merge_residual")


@pytest.mark.parametrize("size", ["4x9", "4x5x6x7"])
def test_equal_on_other_axes(size):
    assert_equal(steps("residual { conv(3, 4) -> bn } -> relu", size), ["fold_batchnorm", "merge_residual"])


def test_three_branches_of_each_unit_become_one_convolution():
    done = assert_equal(graph_of(REPVGG), ["drop_identities", "fold_batchnorm", "merge_residual"])
    kinds = [node.op.kind for node in done.graph.nodes()]
    assert kinds == ["input", *["conv", "relu"] * 5, "avgpool", "flatten", "linear"]
    assert not any(scope.kind in (ScopeKind.MERGE, ScopeKind.BRANCH) for scope in done.graph.root.walk())
    assert "forward" in emit(done.graph)


def test_the_residual_is_gone_from_scopes_units_and_source():
    done = rewrite(
        steps("residual { conv(3, 8, stride=2) } shortcut { conv(1, 8, stride=2) }\n relu"), ["merge_residual"]
    )
    assert not done.graph.units
    assert [scope.kind for scope in done.graph.root.walk()] == [ScopeKind.MODEL]
    assert [key for key, _, _ in done.graph.weights()] == ["conv1.weight"]
    assert str(done.weights["conv1.weight"]) == "conv1.weight + centred(downsample.0.weight, 3x3)"


def test_the_kernel_is_pytorch_s_dirac():
    graph = steps("residual { conv(3, 4, groups=2) }")
    done = rewrite(graph, ["merge_residual"])
    given = {"conv1.weight": torch.zeros(4, 2, 3, 3)}
    (kernel,) = convert(done.weights, given).values()
    assert torch.equal(kernel, nn.init.dirac_(torch.empty(4, 2, 3, 3), groups=2))
    module = build_module(emit(done.graph))
    module.load_state_dict({"conv1.weight": kernel})
    x = torch.randn(1, 4, 8, 8)
    assert torch.equal(module(x), x)


OUTSIDE = "keep x -> conv(3, 4) -> keep y\n from x ->"
WRONG = {
    "another value": ("relu -> residual { tanh -> conv(3, 4) }", "conv1 reads the result of tanh", "_obstacle"),
    "two convolutions": ("residual { conv(3, 4) -> relu -> conv(3, 4) }", "more than one convolution", "_obstacle"),
    "not centred": ("residual { conv(3, 4, pad=[[0, 2], [1, 1]]) }", "conv1 is not centred", "misfit"),
    "even": ("residual { conv(4, 4, pad=[[2, 1], [2, 1]]) }", "the window of conv1 is not centred", "misfit"),
    "stride": ("add { | conv(6, 4, pad=0) | conv(3, 4, stride=3, pad=1) }", "stride 3, and conv1 1", "misfit"),
    "other taps": (
        "add { | conv(3, 4, dilation=2) | conv(3, 4) }",
        "the taps of conv2 are not all among those of conv1",
        "misfit",
    ),
    "padding mode": (
        "add { | conv(5, 4, padding_mode=circular) | conv(3, 4) }",
        "conv2 and conv1 differ in padding_mode",
        "misfit",
    ),
    "padding mode of one tap": (
        "add { | conv(1, 4, pad=1, padding_mode=circular) | conv(1, 4, pad=1) }",
        "conv2 and conv1 differ in padding_mode",
        "misfit",
    ),
    "shared": ("shared c: conv(3, 4)\n residual { c } -> relu -> c", "the weights of c are shared", "_obstacle"),
    "dropped": ("residual { conv(3, 4) } survival 0.5", "may be dropped", "_obstacle"),
}


@pytest.mark.parametrize("case", WRONG)
def test_without_its_condition_it_would_be_wrong(case, monkeypatch):
    text, why, condition = WRONG[case]
    assert_needed(monkeypatch, steps(text), "merge_residual", why, condition)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("residual { conv(3, 4) -> bn }", "fold_batchnorm comes first"),
        ("residual { conv(3, 4) } shortcut { bn }", "fold_batchnorm comes first"),
        ("residual { conv(3, 4) -> relu }", "it adds results of relu, input, and of no convolution"),
        ("residual { conv(1, 8, stride=2) } shortcut { avgpool(2) -> pad_channels(8) }", "more than one convolution"),
        ("add { | conv(3, 4, groups=2) | conv(1, 4) }", "conv2 has 1 groups, and conv1 2"),
        ("add { | conv(3, 8, groups=2) | pad_channels(8) }", "conv1 has 2 groups, and"),
        (f"{OUTSIDE} residual {{ from y }} survival 0.5", "its branch may be dropped"),
        (f"{OUTSIDE} aux h: residual {{ from y }}\n tanh", "the same dropped branch or auxiliary head"),
        ("residual { conv(3, 4) -> keep a }\n mul { | identity | from a }", "and of no convolution"),
        ("residual { conv(3, 4) } gate { conv(1, 4) -> sigmoid }", "it adds results of mul, and of no convolution"),
    ],
)  # fmt: skip
def test_refused(text, why):
    (found,) = reasons(steps(text), "merge_residual")
    assert why in found


def test_every_unit_of_a_residual_net_says_why_it_stays():
    done = rewrite(shipped("resnet18", "3x32x32"), ["fold_batchnorm", "merge_residual"])
    found = [refusal.what for refusal in done.refused]
    assert len(found) == 8
    assert all("a branch is more than one convolution" in why for why in found)
