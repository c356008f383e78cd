"""Sizes that nets take, against PyTorch's own windows and against elaborating the text at every size."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn

from resdsl.analysis.sizes import Sizes, cropping, input_sizes, shapes_at, unread
from resdsl.diagnostics import Report
from resdsl.elaborate import Program, build, load_program
from resdsl.graph import Graph
from resdsl.ops.registry import operator
from resdsl.shapes import Shape
from resdsl.source import Source

UNET = """
model net {
  input 1x64x64
  for i in range(3) { conv(3, 4) -> relu -> keep y{i}; maxpool(2) }
  conv(3, 4)
  for i in [2, 1, 0] {
    deconv(2, 4, stride=2)
    concat { | identity | from y{i} }
    conv(3, 4)
  }
}
"""
PYRAMID = """
model net {
  input 3x64x64
  conv(3, 4, stride=2) -> relu -> keep a
  conv(3, 4, stride=2) -> relu -> keep b
  conv(3, 4, stride=2) -> upsample(2)
  add { | identity | from b }
  upsample(2)
  add { | identity | from a }
}
"""
POOLS = "model net { input 3x48x48; conv(3, 4) -> maxpool(2) -> conv(5, 4, stride=3, pad=0) -> relu -> avgpool }"
ANY = (
    "model net { input 3x32x32; conv(7, 4, stride=2) -> maxpool(3, stride=2) -> relu; avgpool -> flatten -> linear(2) }"
)


def program(text: str) -> Program:
    return load_program(Source("net.res", text), Report())


def graph(text: str, *size: int) -> Graph:
    found = build(program(text), "net", Report(), input_size=size or None)
    assert found is not None
    return found


@pytest.mark.parametrize(("pad", "dilation"), [(0, 1), (1, 1), (0, 2)])
@pytest.mark.parametrize(("k", "stride"), [*product((1, 2, 3, 5), (1, 2, 3))])
def test_unread_is_what_no_gradient_reaches(k: int, stride: int, pad: int, dilation: int) -> None:
    conv = nn.Conv1d(1, 1, k, stride, pad, dilation, bias=False)
    nn.init.ones_(conv.weight)
    op = operator("conv")(k=k, width=1, stride=stride, pad=pad, dilation=dilation)
    for n in range(12, 18):
        x = torch.ones(1, 1, n, requires_grad=True)
        conv(x).sum().backward()
        assert x.grad is not None
        read = x.grad[0, 0] != 0
        between = max(0, stride - ((k - 1) * dilation + 1))
        tail = n - 1 - int(read.nonzero().max())
        before = Shape(1, (n,))
        assert unread(op, before, op.infer((before,))) == (max(0, tail - between),)


@pytest.mark.parametrize("kind", ["maxpool", "avgpool"])
def test_rounding_up_reads_everything(kind: str) -> None:
    for n, ceil in product(range(6, 12), (False, True)):
        op = operator(kind)(k=2, stride=2, pad=0, ceil=ceil)
        before = Shape(1, (n,))
        assert unread(op, before, op.infer((before,))) == (0 if ceil else n % 2,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UNET, Sizes(8, (0,), (0,))),
        (PYRAMID, Sizes(8, (0, 7), (0, 7))),
        (POOLS, Sizes(6, (0, 1, 2, 3, 4, 5), (4,))),
        (ANY, Sizes(1, (0,), (0,))),
    ],
)
def test_remainders_are_those_that_elaboration_takes(text: str, expected: Sizes) -> None:
    net = graph(text)
    found = input_sizes(net)
    assert found is not None
    spec = program(text)
    valid, whole = [], []
    for size in range(48, 48 + 24):
        built = build(spec, "net", Report(), input_size=(net.node(0).shape.channels, size, size))
        shapes = shapes_at(net, (size, size))
        assert (built is None) == (shapes is None)
        if built is not None:
            assert shapes == [node.shape for node in built.nodes()]
            valid.append(size)
            whole += [] if next(cropping(built), None) else [size]
    assert valid == [n for n in range(48, 72) if n % found.period in found.valid]
    assert whole == [n for n in range(48, 72) if n % found.period in found.whole]
    assert found == expected


def test_sizes_in_words() -> None:
    assert Sizes(8, (0,), (0,)).describe() == "multiples of 8"
    assert Sizes(8, (0, 4), (0,)).describe() == "multiples of 4"
    assert Sizes(8, (0, 5, 6, 7), ()).describe() == "0 or 5 to 7 more than a multiple of 8"
    assert Sizes(1, (0,), ()).describe() == ""


def test_what_has_no_sizes() -> None:
    assert input_sizes(graph("model net { input 784; linear(10) }")) is None
    assert input_sizes(graph("model net { input a: 3x8x8; input b: 3x8x8; add { | from a | from b } }")) is None
    assert input_sizes(graph("model net { input 3x2000000; avgpool(1000000, stride=1000000) }")) is None


def test_the_steps_that_crop_are_told_with_how_much() -> None:
    net = graph(POOLS, 3, 25, 25)
    assert [(node.op.kind, lost) for node, lost in cropping(net)] == [("maxpool", (1, 1)), ("conv", (1, 1))]
