"""Operators whose meaning is not one PyTorch layer: their values against a plain computation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the field's own name

from resdsl.ops.base import Operator
from resdsl.shapes import Shape
from tests.unit.ops._samples import Sample
from tests.unit.ops._text import Module


def run(kind: str, x: Tensor, **arguments: object) -> Tensor:
    shape = Shape(x.shape[1], tuple(x.shape[2:]))
    op: Operator = Sample(kind, (shape,), arguments).op()
    result: Tensor = Module(op, (shape,), inline=True)(x)
    return result


@pytest.mark.parametrize(("k", "row"), [(2, [1, 1]), (3, [1, 2, 1]), (4, [1, 3, 3, 1]), (5, [1, 4, 6, 4, 1])])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_blurpool_is_a_binomial_convolution(k: int, row: list[int], stride: int) -> None:
    x = torch.randn(2, 3, 12, 9, dtype=torch.float64)
    taps = torch.tensor(row, dtype=torch.float64) / sum(row)
    kernel = torch.outer(taps, taps).expand(3, 1, k, k)
    pad = ((stride - 1) + (k - 1)) // 2  # timm's get_padding
    padded = F.pad(x, (pad,) * 4, mode="reflect") if pad else x
    torch.testing.assert_close(
        run("blurpool", x, k=k, stride=stride), F.conv2d(padded, kernel, stride=stride, groups=3)
    )


def test_softmax_over_parts_is_radix_softmax() -> None:
    x = torch.randn(2, 6, 1, 1)
    chunks = torch.stack(x.chunk(2, dim=1)).softmax(0)
    torch.testing.assert_close(run("softmax", x, parts=2), torch.cat(list(chunks), dim=1))


def test_ln_normalises_channels_at_each_position() -> None:
    x = torch.randn(2, 6, 4, 3)
    expected = (x - x.mean(1, keepdim=True)) / (x.var(1, unbiased=False, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(run("ln", x), expected)


def test_pointwise_linear_is_a_1x1_convolution() -> None:
    shape, x = Shape(6, (4, 3)), torch.randn(2, 6, 4, 3)
    module = Module(Sample("linear", (shape,), {"width": 5, "pointwise": True}).op(), (shape,))
    weights = module.tensors()
    torch.testing.assert_close(module(x), F.conv2d(x, weights["weight"][:, :, None, None], weights["bias"]))


def test_pad_channels_puts_zeros_before_and_behind() -> None:
    x = torch.ones(1, 2, 1, 1)
    assert run("pad_channels", x, width=5, before=1).flatten().tolist() == [0, 1, 1, 0, 0]


def test_part_and_slice_take_channels() -> None:
    x = torch.arange(6.0).reshape(1, 6)
    assert run("part", x, i=1, of=3).flatten().tolist() == [2, 3]
    assert run("slice", x, start=1, stop=3).flatten().tolist() == [1, 2]


def test_shuffle_interleaves_groups() -> None:
    x = torch.arange(6.0).reshape(1, 6, 1)
    assert run("shuffle", x, groups=2).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_pads_that_differ_at_the_ends() -> None:
    shape, x = Shape(2, (5, 4)), torch.randn(1, 2, 5, 4)
    module = Module(Sample("conv", (shape,), {"k": 3, "width": 3, "pad": ((2, 0), (0, 1))}).op(), (shape,))
    padded = F.pad(x, (0, 1, 2, 0))  # the last axis first
    torch.testing.assert_close(module(x), F.conv2d(padded, module.tensors()["weight"]))


@pytest.mark.parametrize(
    ("kind", "arguments", "name", "value"),
    [
        ("conv", {"k": 1, "width": 3, "bias": -2}, "bias", -2.0),
        ("linear", {"width": 3, "bias": 0, "pointwise": True}, "bias", 0.0),
        ("bn", {"gamma": 0}, "weight", 0.0),
        ("layer_scale", {"init": 3}, "", 3.0),
        ("prelu", {"slope": 2}, "weight", 2.0),
    ],
)
def test_initial_values(kind: str, arguments: dict[str, object], name: str, value: float) -> None:
    shape = Shape(2, (5, 4))
    tensors = Module(Sample(kind, (shape,), arguments).op(), (shape,)).tensors()
    assert tensors[name].eq(value).all()
