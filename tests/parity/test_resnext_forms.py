"""The three forms of a ResNeXt unit (arXiv:1611.05431, figure 3) are one function.

Path i of forms (a) and (b) has the i-th part of a grouped net's weights: of the outputs of its first two convolutions,
and of the inputs of its last. Batch normalisation of the paths is per channel, so it splits the same way; in form (a)
the last one stands after the sum. In float64, for the forms add and multiply in different orders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

import resdsl
from tests.parity._compare import differing

CLASSES = 10
PATHS = 32
TOLERANCE = 1e-6

PART = re.compile(r"(layer\d\.\d+\.)(conv1|bn1|conv2|bn2|conv3)\.(.+)")
AFTER_PATHS = {"paths": {"bn3": "bn1"}, "concat": {"bn3": "bn1", "conv3": "conv1"}}


def _split(grouped: Mapping[str, Tensor], form: str) -> dict[str, Tensor]:
    """What belongs to a grouped net's tensors (weights, gradients, statistics), under the names of a form."""
    after = AFTER_PATHS[form]
    split = {}
    for key, value in grouped.items():
        found = PART.fullmatch(key)
        if found is None or found[2] in after:
            split[re.sub(r"(?<=layer\d\.\d\.)(bn3|conv3)", lambda part: after[part[0]], key)] = value
            continue
        dim = 1 if found[2] == "conv3" else 0
        parts = value.chunk(PATHS, dim) if value.ndim else (value,) * PATHS  # `num_batches_tracked`
        split.update({f"{found[1]}paths.{i}.{found[2]}.{found[3]}": part for i, part in enumerate(parts)})
    return split


def _net(name: str) -> nn.Module:
    return resdsl.load(name, classes=CLASSES).module().double().train()


def _gradients(module: nn.Module) -> dict[str, Tensor]:
    return {key: p.grad for key, p in module.named_parameters() if p.grad is not None}


def _step(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """The output in training and the gradient of the input; the parameters' gradients stay in the module."""
    x = x.clone().requires_grad_()
    y = module(x)
    (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum().backward()
    assert x.grad is not None
    return y.detach(), x.grad


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("form", ["paths", "concat"])
def test_the_forms_agree(form: str, images: Tensor) -> None:
    torch.manual_seed(0)
    grouped, split = _net("resnext50_32x4d"), _net(f"resnext50_32x4d_{form}")
    split.load_state_dict(_split(grouped.state_dict(), form), strict=True)

    y, dx = _step(split, images)
    expected, expected_dx = _step(grouped, images)
    assert differing({"y": y, "dx": dx}, {"y": expected, "dx": expected_dx}, TOLERANCE) == []
    reference = _split(_gradients(grouped), form)
    floor = 1e-7 * max(g.abs().max().item() for g in reference.values())
    assert differing(_gradients(split), reference, TOLERANCE, floor) == []
    statistics = _split(dict(grouped.named_buffers()), form)
    assert differing(dict(split.named_buffers()), statistics, TOLERANCE) == []

    with torch.no_grad():
        outputs = [module.eval()(images) for module in (split, grouped)]
    assert differing({"y": outputs[0]}, {"y": outputs[1]}, TOLERANCE) == []
