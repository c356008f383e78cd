"""Each construct of the language as code that runs: weights, shapes and values against plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as fn

from resdsl.backends.torch import emit
from resdsl.backends.torch.layout import WIDTH
from resdsl.graph import Graph
from resdsl.runtime import check_weights, model_class, verify

CASES = {
    "own block and policy": """
block squeeze[] { if in.channels != out.channels { conv(1, out.channels, stride=out.stride) -> bn } }
block unit(width, stride = 1) {
  residual { conv(3, width, stride=stride) -> bn -> relu -> conv(3, width) -> bn } shortcut squeeze
  relu
}
model net { input 3x16x16
  conv(3, 8) -> bn -> relu
  for w in [8, 16, 32] { stage "part{w}": 3 x unit(w, stride = (1 if w == 8 else 2) then 1) }
  avgpool -> flatten -> fc: linear(10) }
""",
    "dense": """
block layer(growth) { dense { bn -> relu -> conv(1, 4 * growth) -> bn -> relu -> conv(3, growth) } }
model net { input 3x16x16
  conv(3, 16)
  features: { for i in range(6) { "dense{i + 1}": layer(12) } }
  bn -> relu -> avgpool -> flatten -> linear(10) }
""",
    "highway": """
block highway(width) { residual { conv(3, width) -> relu } gate { conv(3, width, bias=-2) -> sigmoid } }
model net { input 3x16x16
  conv(3, 8) -> relu
  stage body: 4 x highway(8)
  avgpool -> flatten -> linear(10) }
""",
    "inception with an auxiliary head": """
block unit(k, width, stride = 1) { conv: conv(k, width, stride=stride) -> bn: bn(eps=0.001) -> relu }
block inception(c1, r3, c3, pool) {
  concat {
    | branch1: unit(1, c1)
    | branch2[]: { unit(1, r3) -> unit(3, c3) }
    | branch3[]: { maxpool(3, stride=1, pad=1) -> unit(1, pool) }
  }
}
model net { input 3x32x32
  conv1: unit(7, 16, stride=2)
  a: inception(8, 8, 12, 4)
  b: inception(16, 12, 24, 8)
  aux (0.3) aux1: { avgpool -> flatten -> linear(10) }
  c: inception(16, 12, 24, 8)
  avgpool -> flatten -> dropout(0.2) -> fc: linear(10) }
""",
    "bare tensors in a numbered scope": """
model net { input 4x8x8; stage a: { layer_scale(0.5); conv(3, 4); prelu }; b[]: layer_scale }
""",
    "shortcuts that are no modules": """
block unit(skip) { residual { conv(3, 4) -> bn } shortcut skip }
model net {
  input 4x8x8
  unit(identity); unit(scale(1 / 2)); unit(layer_scale(0.5)); unit(conv(2, 4, pad=[[0, 1], [0, 1]])); unit(sigmoid)
}
""",
    "a head alone in its scope": """
model net { input 4x8x8; conv(3, 4); a: { aux head: { avgpool -> flatten -> linear(2) } }; conv(3, 2) }
""",
    "steps in place in a shared part": """
model net { input 4x8x8; conv(3, 4); shared same: { relu -> relu }; same -> elu -> same }
""",
    "a shared part of nothing": "model net { input 4x8x8; shared same: { }; conv(3, 4) -> same -> relu }",
    "a long product": """
model net {
  input 4x8x8
  dropout_maps -> mul {
    | first_normalisation: bn(gamma=0)
    | second_normalisation: bn
    | relu -> scaled_by_channel: layer_scale
  }
}
""",
    "units of samples in a unit of batches": """
model net {
  input 4x8x8
  residual { conv(3, 8); residual { bn } survival 0.5 per sample } shortcut conv(1, 8) survival 0.5
}
""",
    "split, transform, add": """
model net { input 16x8x8
  residual { add { 4 x { | conv(1, 4) -> relu -> conv(3, 4) -> relu -> conv(1, 16) } } }
  relu }
""",
    "squeeze and excite": """
block se(reduce) {
  let c = channels
  mul { | identity | avgpool -> conv(1, c // reduce, bias=true) -> relu -> conv(1, c, bias=true) -> sigmoid }
}
model net { input 3x8x8
  conv(3, 16) -> se(4) -> conv(3, 32) -> se(4) -> avgpool -> flatten -> linear(2) }
""",
    "pre-activation": """
block shortcut_from(a)[] {
  if in.channels != out.channels or out.stride != 1 { from a -> conv(1, out.channels, stride=out.stride) }
}
block pre(width, stride = 1) {
  residual { bn -> relu -> keep a
    conv(3, width, stride=stride) -> bn -> relu -> conv(3, width) } shortcut shortcut_from(a)
}
model net { input 3x16x16
  conv(3, 8)
  stage one: 2 x pre(8)
  stage two: 2 x pre(16, stride = 2 then 1)
  bn -> relu -> avgpool -> flatten -> linear(10) }
""",
    "a pyramid with quoted paths and several outputs": """
block body {
  conv(3, 8, stride=2) -> relu -> keep c1
  conv(3, 16, stride=2) -> relu -> keep c2
  output c1, c2
}
model net { input 3x32x32
  body: body -> keep c1, c2
  from c2 -> "inner.0": conv(1, 4) -> keep top
  upsample(2) -> keep up
  from c1 -> "inner.1": conv(1, 4) -> keep side
  add { | from up | from side } -> "layers.0": conv(3, 4) -> keep p1
  from top -> "layers.1": conv(3, 4) -> keep p2
  output p1, p2 }
""",
    "shared": """
model net { input 3x16x16
  shared head: { conv(3, 8) -> relu -> conv(1, 8) }
  conv(3, 8)
  head -> stage inner: { 2 x { head -> relu } }
  avgpool -> flatten -> linear(3) }
""",
    "vectors and gates": """
block highway_fc(width) { residual { linear(width) -> relu } gate { linear(width, bias=-1) -> sigmoid } }
model net { input 12
  linear(7) -> relu
  stage body: 3 x highway_fc(7)
  linear(3) -> softmax }
""",
    "one and three dimensions": """
model net { input 4x32
  conv(3, 8, stride=2) -> bn -> relu -> maxpool(3, stride=2) -> gn(4) -> ln -> avgpool -> flatten -> linear(2) }
""",
    "volumes": """
model net { input 2x8x8x8
  conv(3, 4) -> bn -> relu -> maxpool(2) -> avgpool -> flatten -> linear(2) }
""",
    "several inputs": """
model net { input left: 3x8x8
  input right: 3x8x8
  from left -> conv(3, 4) -> keep a
  from right -> conv(3, 4) -> keep b
  concat { | from a | from b } -> avgpool -> flatten -> linear(2) }
""",
    "long braces under counted labels": """
block unit(width)[] { conv(3, width, dilation=2, groups=4, bias=true) -> bn(eps=0.01) -> leaky_relu(0.2) }
model net { input 16x8x8
  equal: { for i in range(4) { some_unit{i}: {
    conv(3, 16, dilation=2, groups=4, bias=true) -> bn(eps=0.01) -> leaky_relu(0.2) -> conv(1, 16) -> bn } } }
  within: { for i in range(4) { outer{i}: { for k in range(5) { inner{k}: { conv(3, 16, bias=true) -> bn } } } } }
  same[]: 4 x unit(16)
  unnamed[]: { 4 x { []: { unit(16) -> unit(16) } } }
  growing: { for i in range(4) { layer{i}: {
    conv(3, 16 + 4 * i, dilation=2, groups=4, bias=true) -> bn(eps=0.01) -> leaky_relu(0.2) -> conv(1, 20 + 4 * i) } } }
  grown[]: { for i in range(5) { unit(32 + 4 * i) } }
  avgpool -> flatten -> linear(2) }
""",
    "odd names": """
model net { input 3x8x8
  "class": conv(3, 4) -> "a-b": conv(3, 4) -> lambda: bn -> scope[]: { conv(1, 4) -> add { | conv(1, 4) | conv(3, 4) } }
  avgpool -> flatten -> linear(2) }
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_it_runs_and_has_the_graph_s_weights(graph_of: Callable[..., Graph], text: str) -> None:
    graph = graph_of(text)
    verify(graph, emit(graph))


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_it_is_as_ruff_leaves_it(graph_of: Callable[..., Graph], text: str) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--diff", "--isolated", "-"],
        input=emit(graph_of(text)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_lines_are_short(graph_of: Callable[..., Graph]) -> None:
    source = emit(graph_of(CASES["long braces under counted labels"]))
    assert source.count("for i in range") == 3
    assert source.count("for _ in range") == 2
    assert [line for line in source.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_it_compiles_as_one_graph(graph_of: Callable[..., Graph], text: str) -> None:
    graph = graph_of(text)
    net = model_class(emit(graph))().eval()
    inputs = tuple(torch.randn(2, *graph.node(i).shape.full) for i in graph.inputs)
    expected = net(*inputs)
    found = torch.compile(net, fullgraph=True, backend="eager")(*inputs)
    for a, b in zip(_all(expected), _all(found), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def _all(result: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return result if isinstance(result, tuple) else (result,)


def test_auxiliary_outputs_come_in_training_only(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(CASES["inception with an auxiliary head"])
    x = torch.randn(2, 3, 32, 32)
    result = net.train()(x)
    assert result._fields == ("output", "aux1")
    assert result.loss_weights == (1, 0.3)
    assert torch.is_tensor(net.eval()(x))


def test_shared_weights_are_one(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of(CASES["shared"])
    net = model_class(emit(graph))()
    keys = [k for k in net.state_dict() if k.startswith("head")]
    assert len(keys) == 2
    check_weights(graph, net)
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        y = net.get_submodule("conv1")(x)
        head = net.get_submodule("head")
        y = head(y)
        for _ in range(2):
            y = head(y).relu()
        y = net.get_submodule("linear1")(y.mean((2, 3)))
        assert torch.allclose(net(x), y, atol=1e-6)


def test_highway_is_the_papers_equation(module_of: Callable[..., nn.Module]) -> None:
    """y = H(x) T(x) + x (1 - T(x)): Srivastava, Greff, Schmidhuber, arXiv:1505.00387, eq. 3."""
    net = module_of(CASES["highway"])
    unit = net.get_submodule("body.0")
    x = torch.randn(2, 8, 6, 6)
    with torch.no_grad():
        h, t = unit.get_submodule("conv1")(x).relu(), unit.get_submodule("conv2")(x).sigmoid()
        assert torch.allclose(unit(x), h * t + x * (1 - t), atol=1e-6)
        assert torch.equal(unit.get_parameter("conv2.bias"), torch.full((8,), -2.0))


def test_split_transform_add_is_the_sum_of_its_paths(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(CASES["split, transform, add"])
    x = torch.randn(2, 16, 8, 8)
    convs = [net.get_submodule(f"conv{i}") for i in range(1, 13)]
    with torch.no_grad():
        paths = [convs[i + 2](fn.relu(convs[i + 1](fn.relu(convs[i](x))))) for i in range(0, 12, 3)]
        assert torch.allclose(net(x), fn.relu(x + sum(paths)), atol=1e-5)


def test_gradients_reach_every_weight(graph_of: Callable[..., Graph]) -> None:
    for text in CASES.values():
        graph = graph_of(text)
        net = model_class(emit(graph))().train()
        inputs = [torch.randn(2, *graph.node(i).shape.full) for i in graph.inputs]
        sum(t.square().sum() for t in _all(net(*inputs))).backward()
        assert all(p.grad is not None for p in net.parameters())


def test_weights_come_in_the_order_of_the_text(graph_of: Callable[..., Graph]) -> None:
    """Optimizers number parameters: a survival schedule must not change their order."""
    text = CASES["own block and policy"]
    plain = model_class(emit(graph_of(text)))()
    dropped = model_class(emit(graph_of(text.replace("input 3x16x16\n", "input 3x16x16\n  survival 0.5\n"))))()
    assert list(plain.state_dict()) == list(dropped.state_dict())
    for case in CASES.values():
        graph = graph_of(case)
        keys = [key for key, _, _ in graph.weights()]
        assert sorted(model_class(emit(graph))().state_dict()) == sorted(keys)


def test_parameters_are_numbered_as_the_graph_lists_them(graph_of: Callable[..., Graph]) -> None:
    others = {
        "a pyramid with quoted paths and several outputs",  # its lists are made as wholes
        "shortcuts that are no modules",  # PyTorch lists a module's own tensors before its members'
        "a long product",
    }
    for name, text in CASES.items():
        graph = graph_of(text)
        if name not in others:
            assert list(model_class(emit(graph))().state_dict()) == [key for key, _, _ in graph.weights()], name


def test_parameters_of_numbered_members_of_one_number(graph_of: Callable[..., Graph]) -> None:
    """Both would be called after the number that the members have; a number alone is no name."""
    graph = graph_of("""
block two(a, b, c) {
  concat {
    | concat { | slice(0, a) | slice(0, b) | slice(0, 3) }
      p[]: { [1]: conv(3, 4) }
    | concat { | slice(0, a) | slice(0, c) | slice(0, 5) }
      q[]: { [1]: conv(3, 4) }
  }
}
model net { input 20x8x8
  concat { | two(1, 4, 9) | two(2, 9, 6) | two(5, 11, 7) }
}""")
    source = emit(graph)
    assert "a: int, b: int, c: int, p_1_in_channels: int, p_1_in_channels2: int" in " ".join(source.split())
    verify(graph, source)
