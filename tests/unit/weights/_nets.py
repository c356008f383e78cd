"""Small nets, and their weights under other names."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import resdsl
from resdsl import Architecture
from resdsl.runtime.weights import Layout, graph_layout, layout
from resdsl.runtime.weights.layout import prefix_of

# The first unit's projection has the shapes of its last convolution, as in ImageNet's bottleneck nets.
RESIDUAL = """\
use std: bottleneck
model net {
  input 3x16x16
  conv(3, 4) -> bn -> relu
  stage layer1: 2 x bottleneck(4)
  stage layer2: 2 x bottleneck(8, stride = 2 then 1)
  avgpool -> flatten -> fc: linear(5)
}
"""
HIGHWAY = """\
use std: highway
model net {
  input 3x8x8
  conv(3, 4) -> relu
  h1: highway(4) -> h2: highway(4)
  avgpool -> flatten -> fc: linear(5)
}
"""
CHAIN = """\
model net {
  input 4x8x8
  a: conv(3, 4) -> relu -> b: conv(3, 4) -> relu
  avgpool -> flatten -> fc: linear(5)
}
"""


def net(text: str, folder: Path) -> Architecture:
    path = folder / "net.res"
    path.write_text(text)
    return resdsl.load(path)


def modules(target: Layout) -> list[str]:
    return [group.prefix for group in target.groups]


def renamed(
    target: Layout, names: Mapping[str, str], *, order: Callable[[list[str]], list[str]] = list, ordered: bool = True
) -> Layout:
    """The target's tensors with other modules' names (its own where none is given), in another order of modules."""
    tensors = {name: {k: v for k, v in target.shapes.items() if prefix_of(k) == name} for name in modules(target)}
    shapes = {
        names.get(name, name) + key.removeprefix(name): shape
        for name in order(list(tensors))
        for key, shape in tensors[name].items()
    }
    return layout("other.pth", shapes, ordered=ordered)


def nested(name: str) -> str:
    """Names of another library's kind: containers for branches, a container for each convolution and its norm."""
    unit, _, leaf = name.rpartition(".")
    if name.startswith("layer") and leaf.startswith(("conv", "bn")):
        return f"features.{unit}.body.pair{leaf[-1]}.{leaf[:-1]}"
    if ".downsample." in name:
        return f"features.{unit.removesuffix('.downsample')}.side.{'conv' if leaf == '0' else 'bn'}"
    return f"output.{name}" if name == "fc" else f"features.start.{name}"


def shuffled(seed: int) -> Callable[[list[str]], list[str]]:
    def shuffle(items: list[str]) -> list[str]:
        return random.Random(seed).sample(items, len(items))

    return shuffle


def target_of(text: str, folder: Path) -> Layout:
    return graph_layout(net(text, folder).ir)
