"""Constant survival in the weights: eval nets without a factor."""

from __future__ import annotations

import pytest

from resdsl.ops.sigmoid import Sigmoid
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps
from tests.unit.passes._forced import assert_needed, difference

GATED = "residual { conv(3, 4) } gate { conv(3, 4) -> sigmoid }"
READ = "residual { bn -> relu -> keep y } shortcut { from y -> conv(1, 4) }"


def test_nets_that_ship() -> None:
    done = assert_equal(shipped("stochastic_depth110_cifar10", "3x8x8"), "fold_survival")
    assert len(done.changes) == 54
    assert all(unit.survival is None for unit in done.graph.units)
    assert len(done.graph.units) == 54


@pytest.mark.parametrize("words", ["survival 0.5", "survival 0.3 per sample"])
@pytest.mark.parametrize(
    "branch",
    [
        "conv(3, 4, bias=true)",
        "conv(3, 4) -> bn -> relu",
        "conv(3, 4) -> gn(2)",
        "conv(3, 4) -> layer_scale(0.5)",
        "conv(3, 4) -> dropout -> leaky_relu",
        "add { | conv(1, 4) -> bn\n | conv(3, 4) -> avgpool(3, stride=1, pad=1)\n }",
    ],
)
def test_the_last_affine_layers_take_the_factor(branch: str, words: str) -> None:
    assert_equal(steps(f"residual {{ {branch} }} {words}"), "fold_survival")


@pytest.mark.parametrize(
    "unit",
    ["residual { conv(3, 4) -> sigmoid }", "residual { conv(3, 4) -> relu } gate { conv(1, 4) -> sigmoid }"],
)
def test_what_was_divided_in_training_has_no_factor(unit: str) -> None:
    net = steps(f"{unit} survival 0.5 rescale train")
    done = assert_equal(net, "fold_survival")
    assert [str(formula) for formula in done.weights.values()] == [key for key, _, _ in net.weights()]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GATED, "it is gated: its factor stands on a sigmoid"),
        ("residual { conv(3, 4) -> sigmoid }", "it ends in sigmoid, which has no weights"),
        ("residual { conv(3, 4) -> bn(affine=false) }", "it ends in bn, which has no weights"),
        ("residual { relu }", "input has other uses than the end of the branch"),
        (READ, "relu has other uses than the end"),
        ("shared s: conv(3, 4)\n residual { s }", "the weights of s are shared"),
    ],
)
def test_what_cannot_take_the_factor_is_refused(text: str, why: str) -> None:
    net = steps(f"{text} survival 0.5")
    (said,) = reasons(net, "fold_survival")
    assert said.startswith(why)
    kept = next(scope for scope in rewrite(net, ["fold_survival"]).graph.root.walk() if scope.survival)
    assert kept.survival is not None
    assert kept.survival.rescale == "test"


@pytest.mark.parametrize(
    ("text", "why", "conditions"),
    [
        (f"{GATED} survival 0.5", "it is gated", ("factors._gate", "factors._other_uses", "factors._obstacle")),
        (f"{READ} survival 0.5", "relu has other uses", ("factors._other_uses",)),
        ("shared s: conv(3, 4)\n residual { s } survival 0.5 -> s", "the weights of s", ("factors._obstacle",)),
        ("residual { bn(affine=false) } survival 0.5", "it ends in bn, which has no weights", ("factors._obstacle",)),
    ],
)
def test_the_factor_elsewhere_would_be_another_net(
    monkeypatch: pytest.MonkeyPatch, text: str, why: str, conditions: tuple[str, ...]
) -> None:
    assert_needed(monkeypatch, steps(text), "fold_survival", why, *conditions)


def test_a_factor_does_not_pass_through_a_sigmoid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sigmoid, "homogeneous", True)
    assert difference(steps("residual { conv(3, 4) -> sigmoid } survival 0.5"), "fold_survival") > 1e-3
