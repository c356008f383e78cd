"""Weights between the two conventions of stochastic depth: the nets compute the same, in eval and for every mask."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from resdsl.backends.torch import emit
from resdsl.graph import Graph
from resdsl.runtime import RescaleError, model_class, rescale_weights

NET = """
block basic(width) {{ residual {{ conv(3, width) -> bn -> relu -> conv(3, width) -> bn }}
  relu }}
block pre(width) {{ residual {{ bn -> relu -> conv(3, width) -> relu -> conv(3, width, bias=true) }} }}
block wide(width) {{ residual {{ add {{
      | conv(1, width) -> relu
      | conv(3, width) -> bn -> avgpool(3, stride=1, pad=1)
  }} }} }}
model net {{ input 4x6x6
  survival 1 - l / L / 2 {words}
  2 x basic(4)
  2 x pre(4)
  wide(4) -> avgpool -> flatten -> linear(3) }}
"""


@pytest.mark.parametrize("per", ["batch", "sample"])
@pytest.mark.parametrize(("there", "here"), [("test", "train"), ("train", "test")])
def test_both_nets_compute_the_same(graph_of: Callable[..., Graph], per: str, there: str, here: str) -> None:
    trained = graph_of(NET.format(words=f"per {per} rescale {there}"))
    net = model_class(emit(trained))()
    other = model_class(emit(graph_of(NET.format(words=f"per {per} rescale {here}"))))()
    other.load_state_dict(rescale_weights(trained, net.state_dict(), here))
    x = torch.randn(8, 4, 6, 6)
    for training in (False, *[True] * 6):
        torch.testing.assert_close(net.train(training)(x), other.train(training)(x), rtol=1e-5, atol=1e-5)
        assert not training or net.active_units == other.active_units


def test_there_and_back(graph_of: Callable[..., Graph]) -> None:
    test, train = (graph_of(NET.format(words=f"rescale {word}")) for word in ("test", "train"))
    state = model_class(emit(test))().state_dict()
    back = rescale_weights(train, rescale_weights(test, state, "train"), "test")
    for key, tensor in state.items():
        torch.testing.assert_close(back[key], tensor)
    assert all(
        torch.equal(a, b) for a, b in zip(state.values(), rescale_weights(test, state, "test").values(), strict=True)
    )


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("residual { conv(3, 4) -> relu } gate { conv(1, 4) -> sigmoid } survival 0.5", "gated"),
        ("residual { conv(3, 4) -> sigmoid } survival 0.5", "ends in sigmoid"),
        ("residual { conv(3, 4) -> bn(affine=false) } survival 0.5", "no weights"),
        ("shared s: conv(3, 4)\n residual { s } survival 0.5", "shared"),
        ("residual { relu } survival 0.5", "other uses"),
    ],
)
def test_what_cannot_take_the_factor_is_refused(graph_of: Callable[..., Graph], unit: str, reason: str) -> None:
    graph = graph_of(f"model net {{ input 4x5x5\n {unit} }}")
    state = model_class(emit(graph))().state_dict()
    with pytest.raises(RescaleError, match=reason):
        rescale_weights(graph, state, "train")
    with pytest.raises(ValueError, match="not 'eval'"):
        rescale_weights(graph, state, "eval")
