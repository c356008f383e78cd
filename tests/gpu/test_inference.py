"""Nets for inference on a GPU: equal to the plain module on the CPU, as one captured graph for each shape."""

from __future__ import annotations

import pytest
import torch

import resdsl
from resdsl.runtime.inference import compile_inference

pytestmark = pytest.mark.gpu

NAMES = ["resnet18", "preresnet20_cifar10", "densenet_bc40_12_cifar10", "highway19_cifar10"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-3), ("bfloat16", 5e-2)])
def test_equal_to_the_plain_module(name: str, dtype: str, tolerance: float) -> None:
    net = resdsl.load(name)
    torch.manual_seed(0)
    plain = net.module().eval()
    made = compile_inference(net.ir, plain.state_dict(), device="cuda", dtype=dtype, batch=4)
    for batch in (4, 1, 4):  # the second shape is captured beside the first, which is replayed then
        x = torch.randn(batch, *net.ir.node(net.ir.inputs[0]).shape.full)
        with torch.inference_mode():
            wanted = plain(x)
            found = made.call(x.to("cuda", getattr(torch, dtype))).float().cpu()
        assert (found - wanted).abs().max() <= tolerance * wanted.abs().max()
