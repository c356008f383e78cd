"""Elaboration always ends, and within its limits it is linear."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

from resdsl.graph import Graph
from resdsl.limits import Limits


@pytest.mark.parametrize(
    ("code", "text", "limits"),
    [
        ("E413", "model net { input 3x8x8; 200 x relu }", Limits(items=100)),
        ("E413", "model net { input 3x8x8; 1000 x 1000 x { } }", Limits(items=1000)),
        ("E220", "model net { input 3x8x8; for i in range(900) { for j in range(900) { } } }", Limits(seconds=0.05)),
        ("E220", "let f(n) = 1 if n < 2 else f(n - 1) + f(n - 2)\nlet a = f(60)", Limits(seconds=0.05)),
        ("E219", "let f(n) = f(n + 1)\nlet a = f(1)", Limits()),
        ("E219", "block f { f }\nmodel net { input 3x8x8; f }", Limits()),
        ("E205", "let a = 2 ^ 5000", Limits()),
        ("E205", "let f(n) = 2 if n == 0 else f(n - 1) * f(n - 1)\nlet a = f(12)", Limits(bits=1000)),
        ("E206", "let a = range(2000)", Limits(items=1000)),
        ("E206", "let f(a, n) = a if n == 0 else f(a + a, n - 1)\nlet a = f([1], 30)", Limits(items=1000)),
    ],
)
def test_a_limit_is_a_diagnostic(
    code: str, text: str, limits: Limits, codes_of: Callable[..., list[tuple[str, int, int]]]
) -> None:
    assert [found for found, _, _ in codes_of(text, limits)] == [code]


def test_a_long_repeat_does_not_recurse(graph_of: Callable[..., Graph]) -> None:
    assert len(graph_of("model net { input 3x8x8; 20_000 x relu }")) == 20_001


def test_blocks_within_each_other_up_to_the_limit(graph_of: Callable[..., Graph]) -> None:
    text = "block f(n) { { { if n > 0 { add { | f(n - 1) | relu } } } } }\nmodel net { input 3x8x8; f(900) }"
    assert len(graph_of(text)) == 1801


def test_the_interpreter_is_left_as_it_was(graph_of: Callable[..., Graph]) -> None:
    before = sys.getrecursionlimit()
    graph_of("model net { input 3x8x8; relu }")
    assert (sys.getrecursionlimit(), gc.isenabled()) == (before, True)
