"""Where values look, against the gradients of PyTorch's own layers: the centre of mass of what an output sees."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.lints.shifted_branches import _Map

LENGTH = 48

CHAINS = [
    "conv(3, 1)",
    "conv(4, 1, pad=[[1, 2]])",
    "conv(3, 1, stride=2)",
    "conv(3, 1, stride=2, pad=[[0, 1]])",
    "conv(5, 1, dilation=2, pad=3)",
    "avgpool(2)",
    "avgpool(3, stride=2)",
    "conv(7, 1, stride=2) -> avgpool(3, stride=2) -> conv(1, 1, stride=2)",
    "avgpool(2) -> conv(3, 1) -> avgpool(2) -> conv(3, 1, pad=0)",
    "upsample(2)",
    "deconv(2, 1, stride=2)",
    "deconv(4, 1, stride=2, pad=1)",
    "deconv(3, 1, stride=3)",
    "conv(3, 1, stride=2) -> upsample(2)",
    "avgpool(2) -> deconv(2, 1, stride=2)",
    "avgpool(2) -> avgpool(2) -> deconv(2, 1, stride=2) -> conv(3, 1) -> upsample(2)",
    "resize(96, mode=linear)",
    "resize(24, mode=linear)",
    "avgpool(to=16)",
]


def _centres(module: nn.Module, length: int) -> Tensor:
    """The centre of mass of the gradient of each output position."""
    for weight in module.parameters():
        nn.init.ones_(weight)
    x = torch.ones(1, 1, length, dtype=torch.float64, requires_grad=True)
    pixels = torch.arange(length, dtype=torch.float64)
    centres = []
    for value in module(x)[0, 0]:
        (grad,) = torch.autograd.grad(value, x, retain_graph=True)
        centres.append((grad[0, 0] * pixels).sum() / grad.sum())
    return torch.stack(centres)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_centre_is_that_of_the_gradient(chain: str, tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text(f"model net {{ input 1x{LENGTH}; {chain} }}", encoding="utf-8")
    net = resdsl.load(path)
    places = _Map(net.ir)
    assert list(places.gaps()) == []
    found = places._places[net.ir.outputs[0].node]
    assert found is not None
    ((low, high, stride, _),) = found
    assert low == high

    centres = _centres(net.module(dtype=torch.float64), LENGTH)
    # Away from the edges, and over whole periods of the phases that an enlarged map has.
    count = len(centres)
    period = max(1, round(8 / stride))
    inner = slice(count // 4 // period * period, count // 4 // period * period + count // 2 // period * period)
    positions = torch.arange(count, dtype=torch.float64)
    expected = (low + stride * positions)[inner].mean()
    assert centres[inner].mean().item() == pytest.approx(expected.item(), abs=1e-9)
    assert (centres[-count // 4] - centres[count // 4]).item() == pytest.approx(
        stride * (count - count // 4 - count // 4), abs=stride * 2
    )
