"""Pools against PyTorch over a grid of sizes, windows, strides and pads."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
import torch
from torch import nn

from resdsl.diagnostics import Fault
from resdsl.ops.avgpool import Avgpool
from resdsl.ops.maxpool import Maxpool
from resdsl.ops.pooling import Pool
from resdsl.shapes import Shape
from tests.unit.ops._text import Module

GRID = [
    (n, k, stride, pad, ceil)
    for n, k, stride, pad, ceil in product(range(1, 10), range(1, 5), range(1, 5), range(3), (False, True))
    if 2 * pad <= k
]


@pytest.mark.parametrize(("cls", "layer"), [(Maxpool, nn.MaxPool1d), (Avgpool, nn.AvgPool1d)])
def test_sizes_are_pytorchs(cls: type[Pool], layer: type[nn.Module]) -> None:
    for n, k, stride, pad, ceil in GRID:
        x = Shape(1, (n,))
        pool = cls(k=k, stride=stride, pad=pad, ceil=ceil)
        try:
            expected = layer(k, stride, pad, ceil_mode=ceil)(torch.zeros(1, 1, n)).shape[-1]
        except RuntimeError:
            expected = 0
        if expected:
            assert pool.infer((x,)).size == (expected,), (n, k, stride, pad, ceil)
        else:
            with pytest.raises(Fault, match="does not fit"):
                pool.infer((x,))


def test_ceil_drops_a_window_that_starts_in_the_right_padding() -> None:
    assert Maxpool(k=2, stride=2, pad=1, ceil=True).infer((Shape(1, (5,)),)) == Shape(1, (3,))


@pytest.mark.parametrize(("n", "to"), list(product(range(1, 9), range(1, 9))))
def test_adaptive_windows_hold_every_region(n: int, to: int) -> None:
    window = Avgpool(to=to).windows((Shape(1, (n,)),))[0]
    widest = max(
        int((row > 0).sum())
        for row in nn.AdaptiveAvgPool1d(to)(torch.eye(n).reshape(n, 1, n)).squeeze(1).T  # one row a region
    )
    assert window.kernel == widest
    assert window.stride * to == n


def test_a_maximum_never_comes_from_padding() -> None:
    inputs = (Shape(1, (4, 4)),)
    op = Maxpool(k=3, stride=1, pad=((2, 0), (0, 1)))
    x = -torch.ones(1, 1, 4, 4)
    assert Module(op, inputs)(x).eq(-1).all()


def test_an_average_counts_padding_unless_told_otherwise() -> None:
    inputs, x = (Shape(1, (4,)),), torch.ones(1, 1, 4)
    assert Module(Avgpool(k=3, stride=2), inputs)(x).flatten().tolist() == pytest.approx([2 / 3, 1])
    assert Module(Avgpool(k=3, stride=2, count_pad=False), inputs)(x).flatten().tolist() == [1, 1]


@pytest.mark.parametrize("cls", [Maxpool, Avgpool])
def test_global_pool_sees_everything(cls: type[Pool]) -> None:
    (rows, columns) = cls().windows((Shape(8, (7, 5)),))
    assert (rows.kernel, columns.kernel) == (7, 5)
    assert [rows.stride, columns.stride] == [Fraction(7), Fraction(5)]
