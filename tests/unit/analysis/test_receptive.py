"""Receptive fields against PyTorch's gradients, and against the table of Araujo et al. (Distill, 2019)."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.analysis.receptive import receptive_fields

PLAIN = "conv(3, 4, stride=2) -> conv(5, 4, pad=1) -> avgpool(3, stride=2)"
NETS = {
    "plain": PLAIN,
    "dilated": "conv(3, 4, dilation=3) -> conv(3, 4, stride=3)",
    "even": "conv(4, 4, stride=2, pad=1) -> conv(2, 4, pad=0)",
    "uneven padding": "conv(3, 4, stride=2, pad=[[0, 1], [2, 0]]) -> conv(3, 4)",
    "residual": "conv(3, 4)\n  residual { conv(3, 4, stride=2) -> conv(3, 4) } shortcut { conv(1, 4, stride=2) }",
    "branches": "concat { | conv(1, 4)\n | conv(5, 4) -> conv(5, 4)\n | avgpool(3, stride=1) }\n  conv(3, 4, stride=2)",
    "dense": "conv(3, 4)\n  dense { conv(3, 4) }\n  dense { conv(3, 4) }",
}


def net(tmp_path: Path, body: str) -> resdsl.Architecture:
    path = tmp_path / "net.res"
    path.write_text(f"model net {{\n  input 2x61x61\n  {body}\n}}\n", encoding="utf-8")
    return resdsl.load(path)


def seen(module: torch.nn.Module, at: tuple[int, int]) -> list[tuple[int, int]]:
    """First and last pixel of each axis that the output at a position depends on; all weights are positive."""
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    x = torch.ones(1, 2, 61, 61, dtype=torch.double, requires_grad=True)
    module.double()(x)[0, :, at[0], at[1]].sum().backward()
    assert x.grad is not None
    rows, columns = (x.grad[0].sum(0) != 0).nonzero(as_tuple=True)
    return [(int(places.min()), int(places.max())) for places in (rows, columns)]


@pytest.mark.parametrize("body", NETS.values(), ids=NETS)
def test_it_is_where_pytorch_finds_a_gradient(tmp_path: Path, body: str) -> None:
    architecture = net(tmp_path, body)
    graph = architecture.ir
    (output,) = graph.outputs
    fields = receptive_fields(graph)[output.node]
    shape = graph.node(output.node).shape
    module = architecture.module()
    assert fields
    for at in (tuple(n // 2 for n in shape.size), tuple(n // 2 + 1 for n in shape.size)):
        expected = [(f.low + i * f.stride, f.high + i * f.stride) for f, i in zip(fields, at, strict=True)]
        assert seen(module, at) == expected


def test_the_smallest_is_that_of_one_path(tmp_path: Path) -> None:
    (field, _) = last(net(tmp_path, NETS["branches"]))
    assert (field.smallest, field.largest) == (3, 11)
    (field, _) = last(net(tmp_path, NETS["residual"]))
    assert (field.smallest, field.largest) == (3, 9)


def test_a_gate_of_one_position_does_not_move_with_the_map(tmp_path: Path) -> None:
    gate = "mul { | identity | avgpool -> conv(1, 4) -> sigmoid }"
    (field, _) = last(net(tmp_path, f"conv(3, 4)\n  {gate}\n  conv(3, 4)\n  {gate}\n  conv(3, 4)"))
    assert (field.smallest, field.stride) == (7, 1)
    assert field.largest < 5 * 61


def test_centres_of_paths_that_are_shifted_differ(tmp_path: Path) -> None:
    (field, _) = last(net(tmp_path, "concat { | conv(1, 4)\n | conv(2, 4, pad=[[1, 0], [1, 0]]) }"))
    assert [float(c) for c in field.centres] == [-0.5, 0]


def test_a_vector_sees_the_whole_map(tmp_path: Path) -> None:
    (field, _) = last(net(tmp_path, f"{PLAIN}\n  avgpool() -> flatten -> linear(3)"))
    (before, _) = last(net(tmp_path, PLAIN))
    positions = net(tmp_path, PLAIN).ir
    n = positions.node(positions.outputs[0].node).shape.size[0]
    assert field.largest == before.largest + (n - 1) * before.stride


@pytest.mark.parametrize(("name", "size", "stride"), [("vgg16", 212, 32), ("alexnet", 195, 32)])
def test_published_figures(name: str, size: int, stride: int) -> None:
    """Distill's table gives 212 for VGG-16 and 195 for AlexNet v2 at their last map."""
    graph = resdsl.load(name).ir
    fields = receptive_fields(graph)
    maps = [fields[node.id][0] for node in graph.nodes() if node.shape.dims == 2 and node.shape.size[0] > 1]
    main = maps[-1]
    assert (main.largest, main.stride) == (size, stride)


def last(architecture: resdsl.Architecture) -> tuple[object, ...]:
    graph = architecture.ir
    return receptive_fields(graph)[graph.outputs[0].node]
