"""The verifier finds what is broken on purpose; the text form is stable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resdsl.diagnostics import InternalError, Report
from resdsl.elaborate import build, load_program
from resdsl.graph import Graph, Output
from resdsl.graph.text import to_text
from resdsl.graph.verify import verify
from resdsl.ops.registry import operator
from resdsl.shapes import Shape
from resdsl.source import Source

TEXT = """
block unit(width, stride = 1) { residual { conv(3, width, stride=stride) -> bn } shortcut {
  conv(1, width, stride=stride) }
}
model net { input 3x8x8; stage layer1: 2 x unit(4, stride = 2 then 1); avgpool -> flatten; aux (0.5) a: linear(2) }
"""

EXPECTED = """\
model net
  %0 input(channels=3, size=[8, 8]) -> 3x8x8
  stage layer1[]
    repeat x2
      iteration
        block 0 "unit" (width=4, stride=2)
          residual
            main
              %1 conv(k=3, width=4, stride=2) %0 -> 4x4x4 /2x2  layer1.0.conv1
              %2 bn() %1 -> 4x4x4 /2x2  layer1.0.bn1
            shortcut
              label downsample[]
                %3 conv(k=1, width=4, stride=2) %0 -> 4x4x4 /2x2  layer1.0.downsample.0
            %4 add() %2 %3 -> 4x4x4 /2x2
      iteration
        block 1 "unit" (width=4, stride=1)
          residual
            main
              %5 conv(k=3, width=4) %4 -> 4x4x4 /2x2  layer1.1.conv1
              %6 bn() %5 -> 4x4x4 /2x2  layer1.1.bn1
            shortcut
              label downsample[]
                %7 conv(k=1, width=4) %4 -> 4x4x4 /2x2  layer1.1.downsample.0
            %8 add() %6 %7 -> 4x4x4 /2x2
  %9 avgpool() %8 -> 4x1x1 /8x8  avgpool1
  %10 flatten() %9 -> 4  flatten1
  aux "a"
    %11 linear(width=2) %10 -> 2  a
  output %10
  aux (1/2) %11 a
"""


@pytest.fixture
def graph() -> Graph:
    report = Report()
    graph = build(load_program(Source("test.res", TEXT), report), "net", report)
    report.raise_if_failed()
    assert graph is not None
    assert graph.nx.number_of_nodes() == 12
    return graph


def test_text(graph: Graph) -> None:
    verify(graph)
    assert to_text(graph) == EXPECTED


def _shape(graph: Graph) -> None:
    graph.node(2).shape = Shape(5, (4, 4))


def _operand(graph: Graph) -> None:
    graph.node(4).operands = (3, 2)


def _order(graph: Graph) -> None:
    graph.node(2).operands = (2,)


def _edge(graph: Graph) -> None:
    graph.nx.add_edge(0, 8, key=7)


def _name(graph: Graph) -> None:
    graph.node(2).name = "conv1"


def _scope(graph: Graph) -> None:
    graph.root.items.remove(9)


def _twice(graph: Graph) -> None:
    graph.root.items.append(9)


def _parent(graph: Graph) -> None:
    graph.node(9).scope = graph.node(1).scope


def _no_output(graph: Graph) -> None:
    graph.outputs.clear()


def _lost(graph: Graph) -> None:
    graph.outputs[:] = [Output(None, 8)]
    graph.aux.clear()


def _infer(graph: Graph) -> None:
    graph.node(2).op = operator("linear").model_validate({"width": 3})


@pytest.mark.parametrize(
    "breaks", [_shape, _operand, _order, _edge, _name, _scope, _twice, _parent, _no_output, _lost, _infer]
)
def test_a_broken_graph_is_found(graph: Graph, breaks: Callable[[Graph], None]) -> None:
    breaks(graph)
    with pytest.raises(InternalError):
        verify(graph)
