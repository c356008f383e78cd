"""The nets of the golden pictures, and what `dot` makes of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from resdsl.api import load
from resdsl.backends.dot import PictureOptions, draw, layout
from resdsl.graph.model import Graph

NETS = Path(__file__).parents[2] / "golden" / "dot" / "nets.res"
MODELS = (
    "residual_net",
    "stochastic_net",
    "gated_net",
    "dense_net",
    "merging_net",
    "plain_net",
    "pyramid",
    "nested",
    "two_inputs",
    "carried",
    "merges",
    "few_dense",
    "several",
    "repeated",
    "gated_shortcuts",
)
LEVELS = ("overview", "stage", "block", "ops", "paths")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot program")


@cache
def net(model: str, **params: Any) -> Graph:
    """A model of `NETS`; nobody changes it."""
    return load(NETS, model, **params).ir


def words(dot: str) -> list[str]:
    """The texts of all labels."""
    return [text for text in re.findall(r">([^<>]+)<", dot) if text.strip() and '="' not in text]


@dataclass(frozen=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box, slack: float = 0.5) -> bool:
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.bottom < other.top - slack
            and other.bottom < self.top - slack
        )

    def holds(self, other: Box, slack: float = 1.5) -> bool:
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.bottom - slack <= other.bottom
            and other.top <= self.top + slack
        )


@cache
def laid_out(model: str, level: str) -> dict[str, Any]:
    """What `dot -Tjson` says of a picture of a model of `NETS`, or of a net that ships."""
    graph = net(model) if model in MODELS else load(model).ir
    return placed(draw(graph, level))


@cache
def at_width(model: str, level: str, width: float) -> str:
    """A picture for a page."""
    options = PictureOptions(width=width)
    return layout.fitted(lambda asked: draw(load(model).ir, level, options=asked), options).text


def placed(text: str) -> dict[str, Any]:
    """What `dot -Tjson` says of a DOT text. It must not complain."""
    done = subprocess.run(["dot", "-Tjson"], input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def nodes(picture: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in picture["objects"] if "pos" in item]


def node_box(node: dict[str, Any]) -> Box:
    x, y = map(float, node["pos"].split(","))
    width, height = 36 * float(node["width"]), 36 * float(node["height"])
    return Box(x - width, y - height, x + width, y + height)


def frame(cluster: dict[str, Any]) -> Box:
    return Box(*map(float, cluster["bb"].split(",")))


def label_box(owner: dict[str, Any]) -> Box:
    x, y = map(float, owner["lp"].split(","))
    width, height = 36 * float(owner["lwidth"]), 36 * float(owner["lheight"])
    return Box(x - width, y - height, x + width, y + height)


def curve(edge: dict[str, Any]) -> list[tuple[float, float]]:
    """Points on an edge's splines (not their control points), ends included."""
    pairs = re.findall(r"(?<![es],)(-?[\d.e+-]+),(-?[\d.e+-]+)", re.sub(r"[es],\S+", "", edge["pos"]))
    control = [(float(x), float(y)) for x, y in pairs]
    points = []
    for start in range(0, len(control) - 3, 3):
        bezier = control[start : start + 4]
        for step in range(11):
            t = step / 10
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                (
                    sum(w * p[0] for w, p in zip(weights, bezier, strict=True)),
                    sum(w * p[1] for w, p in zip(weights, bezier, strict=True)),
                )
            )
    return points
