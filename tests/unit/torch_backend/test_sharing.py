"""Shared steps that are given values of several shapes: right in each use, or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from resdsl.backends.torch import emit
from resdsl.diagnostics import CompileError
from resdsl.graph import Graph
from resdsl.runtime import check_weights, model_class

STEPS: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "part": ("part(1, 2)", lambda x: x.chunk(2, dim=1)[1]),
    "part in braces": ("{ part(1, 2) -> relu }", lambda x: x.chunk(2, dim=1)[1].relu()),
    "part in a block": ("cut(2)", lambda x: x.chunk(2, dim=1)[0].tanh()),
    "slice": ("slice(1, 3)", lambda x: x[:, 1:3]),
    "slice of what is there": ("{ slice(channels - 2, channels) -> relu }", lambda x: x[:, -2:].relu()),
    "pad_channels": ("{ pad_channels(24, before=1) }", lambda x: fn.pad(x, (0, 0, 0, 0, 1, 23 - x.shape[1]))),
    "flatten": ("{ flatten -> relu }", lambda x: x.flatten(1).relu()),
    "flatten alone": ("flatten", lambda x: x.flatten(1)),
    "reshape": ("{ reshape([channels * size, size]) }", lambda x: x.reshape(len(x), -1, x.shape[-1])),
    "avgpool to the same size": ("avgpool(to=size)", lambda x: x),
    "avgpool to a half": ("{ avgpool(to=size // 2) }", lambda x: fn.adaptive_avg_pool2d(x, x.shape[-1] // 2)),
    "avgpool to nothing": ("avgpool", lambda x: x.mean((2, 3), keepdim=True)),
    "maxpool": ("{ maxpool(2) -> relu }", lambda x: fn.max_pool2d(x, 2).relu()),
    "upsample": ("{ upsample(2) }", lambda x: fn.interpolate(x, scale_factor=2)),
    "resize": ("{ resize(size * 2) }", lambda x: fn.interpolate(x, scale_factor=2)),
    "shuffle": ("{ shuffle(2) }", lambda x: fn.channel_shuffle(x, 2)),
    "softmax": ("{ softmax }", lambda x: x.softmax(1)),
    "concat": ("concat { | part(0, 2) | relu }", lambda x: torch.cat([x.chunk(2, dim=1)[0], x.relu()], 1)),
    "option A": (
        "{ residual { relu -> pad_channels(2 * channels) } shortcut { pad_channels(2 * channels) } }",
        lambda x: fn.pad(x.relu() + x, (0, 0, 0, 0, 0, x.shape[1])),
    ),
    "a condition": ("{ if channels == 8 { relu } else { tanh } }", lambda x: x.relu() if x.shape[1] == 8 else x.tanh()),
    "channel_mean": ("{ channel_mean }", lambda x: x.mean(1, keepdim=True)),
    "space_to_depth": ("{ space_to_depth(2) }", lambda x: fn.pixel_unshuffle(x, 2)),
}
"""What is shared, and the same in PyTorch, of maps with two axes."""

NET = """
block cut(parts) {{ part(0, parts) -> tanh }}
model net {{
  input 8x8x8
  shared s: {step}
  keep a -> s -> flatten -> keep one
  from a -> conv(3, 16) -> maxpool(2) -> keep b -> s -> flatten -> keep two
  from a -> stage inner: {{ s }} -> flatten -> keep three
  from b -> stage other: {{ conv(1, 12) -> s -> flatten }} -> keep four
  output one, two, three, four
}}
"""


@pytest.mark.parametrize("name", STEPS)
def test_a_shared_step_is_right_for_every_shape(name: str, graph_of: Callable[..., Graph]) -> None:
    step, same = STEPS[name]
    graph = graph_of(NET.format(step=step))
    module = model_class(emit(graph))().eval()
    check_weights(graph, module)
    x = torch.randn(2, 8, 8, 8)
    b = fn.max_pool2d(module.conv1(x), 2)
    with torch.no_grad():
        given = (x, b, x, module.other.get_submodule("0")(b))
        for value, result in zip(given, module(x), strict=True):
            torch.testing.assert_close(result, same(value).flatten(1))
    assert [r.shape[1] for r in module(x)] == [graph.node(output.node).shape.channels for output in graph.outputs]


def test_layers_with_another_number_of_axes(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of(
        "model net { input 4x6x6\n shared s: { maxpool(2) -> relu }; shared d: dropout_maps(0.5)\n"
        " s -> d -> reshape([4, 9]) -> d -> s }"
    )
    module = model_class(emit(graph))().eval()
    x = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(module(x), fn.max_pool1d(fn.max_pool2d(x, 2).relu().reshape(2, 4, 9), 2).relu())
    assert [type(m) for m in module.modules() if "Dropout" in type(m).__name__] == [nn.Dropout2d, nn.Dropout1d]


def test_one_class_for_uses_that_differ_in_numbers(graph_of: Callable[..., Graph]) -> None:
    source = emit(graph_of(NET.format(step="{ part(1, 2) -> relu }")))
    assert source.count("(nn.Module):") == 3  # the step, a stage, the net


def test_uses_of_a_shared_step_within_another(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of(
        "model net { input 8x8x8\n shared s: { part(1, 2) -> relu }\n shared t: { s -> concat { | s | identity } }\n"
        " t -> conv(3, 16) -> t -> t }"
    )
    module = model_class(emit(graph))()

    def half(x: Tensor) -> Tensor:
        return x.chunk(2, dim=1)[1].relu()

    def step(x: Tensor) -> Tensor:
        return torch.cat([half(half(x)), half(x)], 1)

    x = torch.randn(2, 8, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(module(x), step(step(module.conv1(step(x)))))


def test_a_tensor_that_is_shared_further_in(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of("model net { input 4x8x8\n shared g: layer_scale(0.5)\n g -> stage a: { g -> conv(3, 4) -> g } }")
    module = model_class(emit(graph))()
    check_weights(graph, module)
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(module(x), fn.conv2d(x / 4, next(module.a.parameters()), padding=1) / 2)


@pytest.mark.parametrize(
    ("net", "note"),
    [
        (
            "input 4x8x8; shared s: { conv(3, 4) -> avgpool(to=size) }; s -> maxpool(2) -> s",
            "it has `avgpool(to=8)` of 4x8x8 there, and `avgpool(to=4)` of 4x4x4 here",
        ),
        (
            "input 4x8x8; shared s: bn; s -> flatten -> linear(4) -> s",
            "it has `bn()` of 4x8x8 there, and `bn()` of 4 here",
        ),
        (
            "input 4x8x8; shared s: { conv(3, 4); if size == 8 { relu } }; s -> maxpool(2) -> s",
            "it is 2 steps there, and 1 here",
        ),
        (
            "input 8x8x8; shared s: { residual { part(0, 2) } shortcut part(1, 2) survival 0.5 }; s -> conv(1, 4) -> s",
            "it has `part(i=0, of=2)` of 8x8x8 there, and `part(i=0, of=2)` of 4x8x8 here",
        ),
    ],
)
def test_what_is_of_one_module_and_differs_is_refused(net: str, note: str, graph_of: Callable[..., Graph]) -> None:
    with pytest.raises(CompileError) as raised:
        emit(graph_of(f"model net {{ {net} }}"))
    (found,) = raised.value.diagnostics
    assert (found.code, found.notes) == ("E601", (note,))
