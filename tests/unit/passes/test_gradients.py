"""The gradient of every weight, through the formulas of the rewritten net, is the one it has in the net as it was."""

from __future__ import annotations

import pytest
import torch
from torch.func import functional_call

from resdsl.backends.torch import emit
from resdsl.passes import find_pass, rewrite
from resdsl.runtime import build_module
from resdsl.runtime.equality import random_state
from resdsl.runtime.formulas import evaluate
from tests.unit.passes._equal import steps

CASES = {
    "group_branches": "add { 3 x { | conv(1, 4) -> bn -> relu -> conv(3, 2) -> relu -> conv(1, 5, bias=true) } }",
    "split_groups": "conv(1, 6) -> bn -> relu -> conv(3, 6, groups=2) -> bn -> relu -> conv(1, 5, bias=true)",
    "split_groups_late": "conv(1, 6) -> bn -> relu -> conv(3, 6, groups=3) -> bn -> relu -> conv(1, 5)",
    "merge_residual": "add { | conv(3, 4, bias=true) | conv(1, 4, bias=true) -> scale(2) | identity } -> bn -> relu",
    "split_residual": "conv(3, 4, groups=2, bias=true) -> bn -> relu -> conv(1, 4)",
    "plain_blocks": "relu -> residual { conv(3, 6, bias=true) -> relu -> conv(3, 4) } -> relu -> conv(1, 2) -> bn",
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_weights(name):
    assert find_pass(name).trains
    graph = steps("conv(1, 4) -> bn -> " + CASES[name])
    done = rewrite(graph, [name])
    assert done.changes
    generator = torch.Generator().manual_seed(1)
    state = {key: tensor.double() for key, tensor in random_state(graph, generator).items()}
    x = torch.randn(3, 4, 8, 8, generator=generator, dtype=torch.float64)
    found = []
    for one, weights in ((graph, None), (done.graph, done.weights)):
        given = {key: tensor.clone() for key, tensor in state.items()}
        learned = {key: given[key].requires_grad_() for key, weight, _ in graph.weights() if not weight.buffer}
        own = given if weights is None else {key: evaluate(formula, given) for key, formula in weights.items()}
        module = build_module(emit(one)).double().train()
        y = functional_call(module, own, (x,))
        y.backward(torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y))
        found.append({key: tensor.grad for key, tensor in learned.items()})
    for key, gradient in found[0].items():
        torch.testing.assert_close(found[1][key], gradient, rtol=1e-9, atol=1e-9)
