"""Concatenations that run along, or are done at once."""

from __future__ import annotations

import pytest

from resdsl.graph import Graph
from resdsl.passes import rewrite
from tests.unit.passes._equal import assert_equal, graph_of, reasons, steps

SUM = "concat { | from a | from b }"
TWO = "relu -> keep a -> tanh -> keep b"
LISTED = """
model net {
  input 4x8x8
  conv(3, 8) -> keep y0
  conv(3, 4) -> keep y1
  concat { | from y0 | from y1 } -> bn -> relu -> conv(3, 4) -> keep y2
  concat { | from y0 | from y1 | from y2 } -> bn -> relu -> conv(3, 4) -> keep y3
  concat { | from y0 | from y1 | from y2 | from y3 } -> bn -> relu -> conv(1, 5)
}
"""


def _operands(graph: Graph) -> list[int]:
    return [len(node.operands) for node in graph.nodes() if node.op.kind == "concat"]


def test_lists_that_begin_alike_run_along() -> None:
    done = assert_equal(graph_of(LISTED), "running_concat")
    assert _operands(done.graph) == [2, 2, 2]
    assert [change.what for change in done.changes] == [
        "2 of its 3 values are those of an earlier one",
        "3 of its 4 values are those of an earlier one",
    ]


def test_dense_runs_along_by_itself() -> None:
    assert reasons(steps("3 x { dense { relu -> conv(3, 4) } }"), "running_concat") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("concat { | relu | tanh | sigmoid }", "no earlier concatenation is of the values that it begins with"),
        (
            f"{TWO}\n concat {{ | from b | from a }} -> keep c\n concat {{ | from a | from b | from c }}",
            "no earlier concatenation is of the values that it begins with",
        ),
        (
            f"{TWO}\n aux h: {SUM}\n concat {{ | from a | from b | from a }}",
            "the one that it begins as stands in a dropped branch, auxiliary head or shared module",
        ),
        (
            f"{TWO}\n residual {{ {SUM} -> conv(1, 4) }} survival 0.5\n concat {{ | from a | from b | relu }}",
            "the one that it begins as stands in a dropped branch, auxiliary head or shared module",
        ),
    ],
)
def test_lists_that_stay(text: str, why: str) -> None:
    assert reasons(steps(text), "running_concat") == [why]


def test_nested_concatenations_are_done_at_once() -> None:
    text = "concat { | concat { | relu | tanh }\n | concat { | sigmoid\n | concat { | relu | silu } }\n }"
    done = assert_equal(steps(text), "flatten_concat")
    assert _operands(done.graph) == [5]
    assert [node.op.kind for node in done.graph.nodes()][1:] == ["relu", "tanh", "sigmoid", "relu", "silu", "concat"]


PAIR = "concat { | from x\n | from x\n"
REST = "from x -> s -> conv(1, 4) -> s -> conv(1, 8) -> keep z\n add { | from c\n | from z\n }"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "running_concat",
            f"shared s: {{ keep x -> {PAIR} | relu\n }} }}\n keep x -> {PAIR} }} -> keep c\n{REST}",
            "it is shared, and the one that it begins as is that of one of its uses",
        ),
        (
            "flatten_concat",
            "shared s: concat { | conv(1, 2)\n | tanh\n }\n concat { | s\n | sigmoid\n } -> conv(1, 4) -> s",
            "a concatenation in it stands in another dropped branch, auxiliary head or shared module",
        ),
    ],
)
def test_uses_of_a_shared_module_stay_alike(name: str, text: str, why: str) -> None:
    assert why in reasons(steps(text), name)


def test_a_concatenation_that_is_used_elsewhere_stays() -> None:
    net = steps("concat { | relu | tanh } -> keep c -> relu -> keep d\n concat { | from c | from d }")
    assert reasons(net, "flatten_concat") == ["a concatenation in it has other uses"]
    there = rewrite(graph_of(LISTED), ["running_concat"]).graph
    assert reasons(there, "flatten_concat") == ["a concatenation in it has other uses"] * 2
