"""Batch normalisation in the layer before it, or after it, and where it stays."""

from __future__ import annotations

import pytest

from resdsl.diagnostics import CompileError
from resdsl.graph.draft import Draft
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, graph_of, reasons, shipped, steps
from tests.unit.passes._forced import difference, forced

BESIDE = "conv(3, 4) -> keep y -> bn\n add { | identity\n | from y\n }"
KEPT = "conv(3, 4) -> keep y -> bn -> keep z\n output y, z"
SHARED = "shared s: conv(1, 4)\n s -> bn -> s"
PADDED = "bn -> conv(3, 6)"
AHEAD = "bn -> keep y -> conv(1, 4) -> keep z\n add { | from y\n | from z\n }"
SHARED_AFTER = "shared s: conv(1, 4)\n bn -> s -> relu -> s"


@pytest.mark.parametrize(
    ("name", "folded", "norms"),
    [  # facts.md, equivalence 1: counted on traces of the libraries' nets
        ("resnet18", 20, 20),
        ("resnet50", 53, 53),
        ("resnext50_32x4d", 53, 53),
        ("googlenet_noaux", 57, 57),
        ("vgg16_bn", 13, 13),
        ("densenet121", 59, 121),
        ("densenet169", 83, 169),
        ("preresnet110_cifar10", 54, 109),
        ("preresnet164_cifar10", 109, 163),
        ("wrn28_10_cifar10", 13, 25),
        ("resnet110_cifar10", 109, 109),
        ("densenet40_12_cifar10", 0, 39),
    ],
)
def test_as_many_as_there_are(name: str, folded: int, norms: int) -> None:
    done = rewrite(shipped(name), ["fold_batchnorm"])
    assert (len(done.changes), len(done.changes) + len(done.refused)) == (folded, norms)
    assert sum(node.op.kind == "bn" for node in done.graph.nodes()) == norms - folded


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("densenet_bc40_12_cifar10", "3x16x16"),
        ("googlenet_noaux", "3x64x64"),
        ("plain20_cifar10", "3x16x16"),
        ("preresnet20_cifar10", "3x16x16"),
        ("preresnet110_relu_cifar10", "3x8x8"),
        ("resnet18", "3x32x32"),
        ("resnet20_b_cifar10", "3x16x16"),
        ("resnext20_32x2d_cifar10", "3x8x8"),
        ("wrn40_1_cifar10", "3x16x16"),
        ("stochastic_depth110_cifar10", "3x8x8"),
    ],
)
def test_nets_that_ship(name: str, size: str) -> None:
    assert_equal(shipped(name, size), "fold_batchnorm")


@pytest.mark.parametrize(
    "text",
    [
        "conv(3, 6, groups=2, bias=true) -> bn -> relu",
        "conv(3, 6, padding_mode=reflect, stride=2, dilation=2) -> bn",
        "conv(3x1, 5, bias=2) -> bn(affine=false)",
        "conv(3, 6) -> bn -> bn(eps=0.1)",
        "deconv(2, 6, stride=2) -> bn",
        "deconv(3, 6, stride=2, pad=1, bias=true) -> bn",
        "linear(5, pointwise=true) -> bn",
        "flatten -> linear(5) -> bn(affine=false)",
        "conv(3, 4) -> bn -> keep y -> relu -> keep z\n output y, z",
        "conv(3, 4) -> bn -> keep y\n conv(3, 4) -> bn\n add { | identity\n | from y\n }",
        "residual { conv(3, 4) -> bn } survival 0.5",
        "for i in range(3) { residual { conv(3, 4) -> bn -> relu -> conv(3, 4) -> bn } }",
        "a[]: { conv(3, 4) -> bn -> relu -> conv(3, 4) -> bn }",
    ],
)
def test_every_layer_takes_it(text: str) -> None:
    done = assert_equal(steps(text), "fold_batchnorm")
    assert not any(node.op.kind == "bn" for node in done.graph.nodes())


def test_one_and_three_axes() -> None:
    for text in ("input 3x20\n conv(5, 4, stride=2) -> bn", "input 3x6x6x6\n conv(3, 4) -> bn -> relu"):
        assert_equal(graph_of(f"model net {{ {text} }}"), "fold_batchnorm")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("relu -> bn", "it normalises the result of relu, which has no weights to take it"),
        (BESIDE, "conv1 has other uses"),
        (KEPT, "conv1 has other uses"),
        (
            "keep x -> conv(1, 6) -> aux h: bn\n from x",
            "conv1 does not stand in the same dropped branch or auxiliary head",
        ),
        (
            "keep x -> conv(1, 4) -> keep y\n from x -> residual { from y -> bn } survival 0.5",
            "conv1 does not stand in the same dropped branch or auxiliary head",
        ),
        (SHARED, "it is shared, or s is"),
        ("shared s: bn\n conv(1, 4) -> s -> relu -> conv(1, 4)", "it is shared, or conv1 is"),
    ],
)
def test_where_it_stays(text: str, why: str) -> None:
    assert reasons(steps(text), "fold_batchnorm") == [why]


@pytest.mark.parametrize(
    "text",
    [
        "bn -> conv(1, 6)",
        "bn -> conv(3, 6, pad=0, groups=2, bias=true)",
        "bn(affine=false) -> conv(1, 8, groups=4)",
        "bn -> conv(2x3, 8, stride=2, pad=0, dilation=2, groups=4)",
        "bn -> conv(3, 8, padding_mode=reflect)",
        "bn -> conv(3, 4, padding_mode=circular, groups=4)",
        "bn -> linear(5, pointwise=true)",
        "flatten -> bn -> linear(5, bias=false)",
        "relu -> bn -> bn -> conv(1, 4)",
        "residual { bn -> conv(1, 4) -> relu } survival 0.5",
    ],
)
def test_the_layer_after_takes_it(text: str) -> None:
    passes = ["fold_forward"] * text.count("bn")
    done = assert_equal(steps(text), passes)
    assert not any(node.op.kind == "bn" for node in done.graph.nodes())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (PADDED, "conv1 pads its input with zeros, which the normalisation would not leave zeros"),
        ("bn -> relu -> conv(1, 3)", "what follows it is relu, not a convolution or linear layer"),
        ("bn -> deconv(2, 3)", "what follows it is deconv, not a convolution or linear layer"),
        ("conv(1, 4) -> bn", "it has several uses, or is a result of the model"),
        (AHEAD, "it has several uses, or is a result of the model"),
        (SHARED_AFTER, "its weights, or those after it, are shared"),
        ("shared s: bn\n s -> conv(1, 4) -> relu -> s -> relu", "its weights, or those after it, are shared"),
    ],
)
def test_where_it_stays_before_a_layer(text: str, why: str) -> None:
    assert why in reasons(steps(text), "fold_forward")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fold_batchnorm", BESIDE),
        ("fold_batchnorm", KEPT),
        ("fold_forward", PADDED),
    ],
)
def test_folding_all_the_same_would_be_another_net(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    assert forced(monkeypatch, steps(text), name) > 1e-3


@pytest.mark.parametrize(("name", "text"), [("fold_batchnorm", SHARED), ("fold_forward", SHARED_AFTER)])
def test_shared_weights_that_were_folded_all_the_same_are_no_net(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """One use would have another bias than the other: the compiler has no module for both."""
    with pytest.raises(CompileError, match="E601"):
        forced(monkeypatch, steps(text), name)


def test_a_value_with_other_uses_would_not_be_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Draft, "only_user", lambda draft, node: (*draft.users(node), None)[0])
    assert difference(steps(AHEAD), "fold_forward") > 1e-3
