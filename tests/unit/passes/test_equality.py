"""The proof itself: it finds what is not equal."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch

import resdsl
from resdsl.diagnostics import WeightsError
from resdsl.passes import rewrite
from resdsl.passes.base import Rewritten
from resdsl.passes.formulas import Formula, Given, Scaled
from resdsl.runtime.equality import Equality, differences, equality, random_state
from resdsl.runtime.formulas import convert
from resdsl.specs import SpecError
from tests.unit.passes._equal import graph_of, steps


def _with(done: Rewritten, key: str, formula: Formula) -> Rewritten:
    return Rewritten(done.graph, {**done.weights, key: formula}, done.changes, done.refused)


def test_a_weight_that_is_off_by_a_millionth_shows() -> None:
    net = steps("conv(3, 4) -> bn -> relu")
    done = rewrite(net, ["fold_batchnorm"])
    assert equality(net, done).holds
    off = _with(done, "conv1.weight", Scaled(done.weights["conv1.weight"], Fraction(1_000_001, 1_000_000)))
    found = equality(net, off)
    assert 1e-8 < found.double < 1e-5
    assert not found.holds


def test_a_statistic_that_does_not_move_along_shows_in_training() -> None:
    net = steps("concat { | conv(1, 4) -> bn\n | conv(1, 4) -> bn\n }")
    done = rewrite(net, ["merge_parallel"])
    swapped = _with(done, "bn1.running_mean", Scaled(done.weights["bn1.running_mean"], Fraction(-1)))
    found = equality(net, swapped, training=True)
    assert found.training is not None
    assert found.training > 1e-3


def test_a_training_step_that_is_chaos_is_compared_with_its_own_rounding() -> None:
    """Gradients of 110 layers without shortcuts change in the eighth digit with the last bit of an input."""
    net = resdsl.load("plain110_cifar10", input=(3, 16, 16)).ir
    done = rewrite(net, ["split_residual"])
    found = equality(net, done, training=True, batch=4)
    assert found.training is not None
    assert found.training_rounding > 1e-10
    assert found.holds
    key = "layer2.0.conv1.weight"
    off = _with(done, key, Scaled(done.weights[key], Fraction(1_000_001, 1_000_000)))
    assert not equality(net, off, training=True, batch=4).holds


def test_what_is_not_finite_is_far_from_everything() -> None:
    one = torch.tensor([1.0, math.nan])
    assert differences((one,), (one,)) == math.inf
    assert differences((torch.tensor([1.0]),), (torch.tensor([[1.0]]),)) == math.inf
    assert differences((torch.zeros(1),), (torch.ones(1),)) == math.inf
    assert differences((), (one,)) == math.inf
    assert differences((torch.zeros(2),), (torch.zeros(2),)) == 0


def test_weights_are_near_what_the_text_gives() -> None:
    """A gate that begins almost closed is one; with gates half open, deep gated nets would be chaos."""
    net = steps("residual { conv(3, 4) -> layer_scale(0.01) } gate { conv(1, 4, bias=-6) -> sigmoid }")
    state = random_state(net, torch.Generator().manual_seed(0))
    assert (state["conv2.bias"] + 6).abs().max() < 1
    assert not (state["conv2.bias"] + 6).eq(0).any()
    assert (state["layer_scale1"] >= 0.005).all()
    assert (state["layer_scale1"] <= 0.02).all()


def test_single_precision_may_differ_by_what_the_net_itself_does() -> None:
    assert Equality(1e-15, 9e-6).holds
    assert not Equality(1e-15, 2e-5).holds
    assert Equality(1e-15, 2e-5, rounding=5e-6).holds
    assert not Equality(1e-15, 2e-5, rounding=1e-6).holds
    assert not Equality(1e-9, 1e-7).holds
    assert not Equality(1e-15, 1e-7, training=1e-6).holds


def test_random_numbers_of_the_caller_stay() -> None:
    net = steps("conv(3, 4) -> bn -> dropout")
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    assert equality(net, rewrite(net, ["fold_batchnorm"])).holds
    assert torch.equal(torch.random.get_rng_state(), before)


def test_given_weights_are_those_that_are_compared() -> None:
    net = steps("conv(1, 2) -> bn")
    state = {key: torch.full(weight.shape, math.nan) for key, weight, _ in net.weights()}
    assert equality(net, rewrite(net, ["fold_batchnorm"]), state).double == math.inf


def test_conversion_keeps_types_and_names_what_lacks() -> None:
    net = steps("conv(1, 2) -> bn -> conv(1, 2)")
    done = rewrite(net, ["fold_batchnorm"])
    state = {key: torch.rand(weight.shape, dtype=torch.float16) for key, weight, _ in net.weights()}
    converted = convert(done.weights, state)
    assert converted["conv2.weight"] is state["conv2.weight"]
    assert converted["conv1.bias"].dtype == torch.float16
    assert done.weights["conv2.weight"] == Given("conv2.weight")
    del state["bn1.running_var"]
    with pytest.raises(WeightsError, match=r"have no bn1\.running_var"):
        convert(done.weights, state)


def test_an_architecture_is_rewritten() -> None:
    net = resdsl.load("densenet_bc40_12_cifar10", input="3x16x16")
    other = net.rewrite("fold_batchnorm", "pool_first")
    assert other.rewritten is not None
    assert {change.by for change in other.rewritten.changes} == {"fold_batchnorm", "pool_first"}
    one, two = net.module().eval(), other.module().eval()
    two.load_state_dict(other.convert(one.state_dict()))
    x = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(one(x), two(x))
    with pytest.raises(ValueError, match="not made by `rewrite`"):
        net.convert({})
    with pytest.raises(SpecError, match="did you mean pool_first"):
        net.rewrite("pool_frist")


def test_passes_follow_one_another() -> None:
    """Through a module that one pass makes and another one changes."""
    net = graph_of("model net { input 4x8x8\n residual { conv(3, 4) -> dropout -> bn } survival 0.5 }")
    done = rewrite(net, ["drop_identities", "fold_survival", "fold_batchnorm"])
    assert equality(net, done).holds
    assert list(done.weights) == ["conv1.weight", "conv1.bias"]
    assert done.weights["conv1.weight"].given() == ("conv1.weight", "bn1.weight", "bn1.running_var")
