"""Steps and heads that eval does without."""

from __future__ import annotations

import pytest

from resdsl.graph import ScopeKind
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, reasons, shipped, steps


@pytest.mark.parametrize(
    ("name", "size", "number"),
    [
        ("googlenet_noaux", "3x32x32", 3),
        ("highway10_w16_mnist", None, 4),
        ("resnet110_dropped_shortcut_cifar10", "3x8x8", 54),
        ("wrn16_8_dropout_svhn", "3x8x8", 6),
    ],
)
def test_identities_of_nets_that_ship(name: str, size: str | None, number: int) -> None:
    assert len(assert_equal(shipped(name, size), "drop_identities").changes) == number


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("dropout -> relu", "relu"),
        ("dropout", ""),
        ("residual { dropout }", "add"),
        ("residual { dropout -> relu -> dropout } shortcut { dropout }", "relu add"),
        ("residual { dropout -> relu } survival 0.5", "relu add"),
        ("residual { dropout -> relu } gate { dropout -> sigmoid }", "relu sigmoid mul complement mul add"),
        ("add { | dropout\n | dropout -> relu -> dropout_maps(0.1)\n }", "relu add"),
        ("mul { | identity\n | sigmoid\n }", "sigmoid mul"),
        ("add { | identity }\n concat { | relu }\n mean { | relu }", "relu relu"),
        ("scale(1) -> slice(0, 4) -> part(0, 1) -> scale(2) -> slice(0, 2)", "scale slice"),
        ("dense { dropout }", "concat"),
        ("a[]: { dropout -> relu -> dropout -> sigmoid }", "relu sigmoid"),
        ("relu -> dropout -> keep y\n dropout -> keep z\n output y, z", "relu"),
        ("shared d: dropout\n relu -> d -> sigmoid -> d", "relu sigmoid"),
        ("shared s: { relu -> dropout }\n s -> s", "relu relu"),
        ("relu -> aux h: { dropout -> tanh -> dropout }\n sigmoid", "relu tanh sigmoid"),
        ("2 x { residual { relu -> dropout } }", "relu add relu add"),
    ],
)
def test_identities_wherever_they_stand(text: str, left: str) -> None:
    done = assert_equal(steps(text), "drop_identities")
    assert [node.op.kind for node in done.graph.nodes()][1:] == left.split()


def test_a_head_keeps_a_step() -> None:
    assert reasons(steps("relu\n aux h: dropout\n sigmoid"), "drop_identities") == [
        "it is all that there is of an auxiliary head"
    ]
    done = rewrite(steps("keep x -> relu -> aux h: { dropout -> identity }\n from x"), ["drop_identities"])
    assert [change.place for change in done.changes] == ["h.dropout1"]
    assert [refusal.place for refusal in done.refused] == ["h.identity1"]


@pytest.mark.parametrize("step", ["slice(0, 4)", "{ slice(0, 4) -> relu }"])
def test_a_shared_slice_may_be_less_than_another_value(step: str) -> None:
    (why,) = reasons(steps(f"shared s: {step}\n s -> conv(1, 8) -> s"), "drop_identities")
    assert why == "it is shared, and may be less than the whole of another value"


def test_auxiliary_heads_of_nets_that_ship() -> None:
    done = assert_equal(shipped("googlenet", "3x64x64"), "drop_auxiliary")
    assert not done.graph.aux
    assert list(done.weights) == [key for key, _, _ in shipped("googlenet_noaux", "3x64x64").weights()]


@pytest.mark.parametrize(
    "text",
    [
        "conv(1, 4) -> aux h: { avgpool -> flatten -> linear(2) }\n conv(1, 3)",
        "conv(1, 4) -> aux h: conv(3, 4)\n conv(1, 3) -> aux h2: relu\n relu",
        "shared s: { conv(1, 4) -> bn }\n s -> relu -> aux h: { s -> relu }\n conv(1, 2)",
        "shared s: conv(1, 4)\n aux h: { s -> s }\n conv(1, 2)",
        "relu -> aux h: { conv(1, 4) -> residual { conv(3, 4) } survival 0.5 }\n conv(1, 2)",
    ],
)
def test_auxiliary_heads_go_with_their_weights(text: str) -> None:
    done = assert_equal(steps(text), "drop_auxiliary")
    assert not done.graph.aux
    assert not done.graph.units
    assert not any(scope.kind is ScopeKind.AUX for scope in done.graph.root.walk())
    assert not any(key.startswith("h") for key in done.weights)


@pytest.mark.parametrize("step", ["conv(1, 4)", "{ conv(1, 4) -> bn }"])
def test_what_a_head_alone_uses_may_lend_its_weights_too(step: str) -> None:
    net = steps(f"shared s: {step}\n keep x -> s -> aux h: relu\n from x -> s")
    assert reasons(net, "drop_auxiliary") == [
        "the auxiliary head h has the first use of weights that are used outside of it"
    ]


@pytest.mark.parametrize("step", ["conv(1, 4)", "{ conv(1, 4) -> bn }"])
def test_a_head_that_lends_its_weights_stays(step: str) -> None:
    net = steps(f"shared s: {step}\n aux g: relu\n aux h: {{ s -> relu }}\n s -> conv(1, 2)")
    done = rewrite(net, ["drop_auxiliary"])
    assert [head.name for head in done.graph.aux] == ["h"]
    assert [str(refusal) for refusal in done.refused] == [
        "h.relu1: the auxiliary head h has the first use of weights that are used outside of it"
    ]
    assert_equal(net, "drop_auxiliary")


def test_nothing_to_remove() -> None:
    net = steps("conv(1, 4) -> relu")
    assert reasons(net, "drop_identities") == []
    assert reasons(net, "drop_auxiliary") == []
