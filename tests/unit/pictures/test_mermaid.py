"""Mermaid flowcharts: their structure, and that no name ends a label."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resdsl
from resdsl.backends.mermaid import mermaid

NAMES = ["resnet18", "densenet121", "googlenet", "highway19_cifar10", "resnet1202_cifar10"]
HOSTILE = [
    'a"]; click n0 "javascript:alert(1)',
    "<script>alert(1)</script>",
    "`%%{init: {}}%%`",
    "x #quot; y",
    "a\nend",
]
NODE = re.compile(r'^\s*(n\d+)(\(|\[|\(\()"([^"]*)"(\)|\]|\)\))$')
EDGE = re.compile(r'^\s*(n\d+) -->(\|"[^"]*"\|)? (n\d+)$')
OTHER = re.compile(
    r'^(---|title: "[\w .-]*"|flowchart LR|\s*subgraph s\d+\["[^"]*"\]|\s*end'
    r"|\s*classDef \w+ fill:#\w+,stroke:#\w+(,color:#\w+)?"
    r"|\s*class [\w,]+ \w+|\s*linkStyle [\d,]+ [\w:#,. -]+)$"
)


def read(text: str) -> tuple[set[str], list[tuple[str, str]]]:
    """Nodes and edges; every line is one of those that a flowchart here has."""
    nodes: set[str] = set()
    edges = []
    for line in text.splitlines():
        if node := NODE.match(line):
            nodes.add(node[1])
        elif edge := EDGE.match(line):
            edges.append((edge[1], edge[3]))
        else:
            assert OTHER.match(line), line
    return nodes, edges


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", ["overview", "stage"])
def test_every_node_is_on_a_way_from_the_input(name: str, level: str) -> None:
    nodes, edges = read(mermaid(resdsl.load(name).ir, level))
    assert {end for edge in edges for end in edge} == nodes
    reached = {"n0"}
    for tail, head in edges:
        if tail in reached:
            reached.add(head)
    assert reached == nodes


def test_shortcuts_have_their_kind() -> None:
    text = mermaid(resdsl.load("resnet18").ir)
    (dashed,) = re.findall(r"linkStyle ([\d,]+) stroke:#D55E00,stroke-width:1.8px,stroke-dasharray:6 4", text)
    assert len(dashed.split(",")) == 3
    assert "basic ×2" in text


def test_a_thousand_layers_are_short() -> None:
    assert len(mermaid(resdsl.load("resnet1202_cifar10").ir)) < 4_000


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_a_label(name: str) -> None:
    """The language has no such names; a picture does not rely on it."""
    graph = resdsl.load("resnet18").ir
    for scope in graph.root.walk():
        scope.title = name
    text = mermaid(graph)
    read(text)
    assert "<script" not in text
    assert "%%" not in text


def test_what_it_is_not_written_for() -> None:
    with pytest.raises(ValueError, match="no level 'ops' in Mermaid; one of overview, stage"):
        mermaid(resdsl.load("resnet18").ir, "ops")


def test_as_a_file(tmp_path: Path) -> None:
    path = resdsl.load("resnet18").render(tmp_path / "net.mmd")
    assert isinstance(path, Path)
    assert path.read_text(encoding="utf-8") == mermaid(resdsl.load("resnet18").ir)
