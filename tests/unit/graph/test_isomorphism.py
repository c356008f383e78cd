"""Isomorphism of labelled graphs, against NetworkX and against what is known of graphs."""

from __future__ import annotations

import time
from collections.abc import Hashable
from random import Random
from typing import Any

import networkx as nx
import pytest

from resdsl.graph.isomorphism import Structure, UndecidedError, isomorphic
from resdsl.limits import DEFAULT, Deadline, Limits


def same(one: Structure, other: Structure) -> bool:
    return isomorphic(one, other, Deadline(DEFAULT))


def by_networkx(one: Structure, other: Structure) -> bool:
    graphs: list[nx.MultiDiGraph[int]] = []
    for structure in (one, other):
        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        graph.add_nodes_from((point, {"label": label}) for point, label in enumerate(structure.points))
        graph.add_edges_from((source, target, {"label": label}) for source, label, target in structure.edges)
        graphs.append(graph)
    return bool(
        nx.is_isomorphic(
            graphs[0],
            graphs[1],
            node_match=lambda a, b: a["label"] == b["label"],
            edge_match=lambda a, b: labels(a) == labels(b),
        )
    )


def labels(edges: dict[int, dict[str, object]]) -> list[str]:
    return sorted(str(edge["label"]) for edge in edges.values())


def shuffled(structure: Structure, draw: Random) -> Structure:
    """The same with other numbers."""
    numbers = list(range(len(structure.points)))
    draw.shuffle(numbers)
    points: list[Hashable] = [None] * len(numbers)
    for point, label in enumerate(structure.points):
        points[numbers[point]] = label
    edges = [(numbers[source], label, numbers[target]) for source, label, target in structure.edges]
    draw.shuffle(edges)
    return Structure(points, edges)


def drawn(draw: Random) -> Structure:
    """A small graph without cycles: few labels, so that much looks alike; operands in order and in any order."""
    points: list[Hashable] = ["b" if draw.random() < 0.15 else "a" for _ in range(draw.randint(1, 9))]
    edges: list[tuple[int, Hashable, int]] = []
    for target in range(1, len(points)):
        ordered = draw.random() < 0.3
        operands = [draw.randrange(target) for _ in range(draw.choice([1, 1, 2, 3]))]
        edges += ((source, port if ordered else None, target) for port, source in enumerate(operands))
    return Structure(points, edges)


def crossed(structure: Structure, draw: Random) -> Structure:
    """With the targets of two edges exchanged, which refinement often cannot tell."""
    if len(structure.edges) < 2:
        return structure
    edges = list(structure.edges)
    i, j = draw.sample(range(len(edges)), 2)
    (a, label, b), (c, other, d) = edges[i], edges[j]
    edges[i], edges[j] = (a, label, d), (c, other, b)
    return Structure(structure.points, edges)


def sums(graph: nx.Graph[Any]) -> Structure:
    """A point for each vertex, and one for each edge, which reads its two ends in any order."""
    graph = nx.convert_node_labels_to_integers(graph)
    count = graph.number_of_nodes()
    edges: list[tuple[int, Hashable, int]] = []
    for number, ends in enumerate(graph.edges):
        edges += ((end, None, count + number) for end in ends)
    return Structure(["value"] * count + ["sum"] * graph.number_of_edges(), edges)


def beside(*structures: Structure) -> Structure:
    """One after the other, without edges between them."""
    points: list[Hashable] = []
    edges: list[tuple[int, Hashable, int]] = []
    for structure in structures:
        edges += ((len(points) + a, label, len(points) + b) for a, label, b in structure.edges)
        points += structure.points
    return Structure(points, edges)


ROOK = sums(nx.line_graph(nx.complete_bipartite_graph(4, 4)))
SHRIKHANDE = sums(
    nx.Graph(
        (4 * x + y, (x + dx) % 4 * 4 + (y + dy) % 4)
        for x in range(4)
        for y in range(4)
        for dx, dy in ((0, 1), (1, 0), (1, 1))
    )
)
"""Two graphs of 16 vertices with six neighbours each, two of them common to any two: equal in all that is counted."""


@pytest.mark.parametrize("seed", range(10))
def test_as_networkx(seed: int) -> None:
    draw = Random(seed)
    found = set()
    for _ in range(100):
        one = drawn(draw)
        other = shuffled(crossed(one, draw), draw)
        assert same(one, shuffled(one, draw))
        found.add(expected := by_networkx(one, other))
        assert same(one, other) == expected
    assert found == {True, False}


@pytest.mark.parametrize("seed", range(5))
def test_regular_graphs_as_networkx(seed: int) -> None:
    """Every vertex has three neighbours: all of it looks alike."""
    draw = Random(seed)
    found = set()
    for _ in range(20):
        size = 6
        one, other = (sums(nx.random_regular_graph(3, size, seed=draw.randrange(10**6))) for _ in range(2))
        found.add(expected := by_networkx(one, other))
        assert same(one, other) == expected
    assert found == {True, False}


def test_strongly_regular_graphs() -> None:
    assert not same(ROOK, SHRIKHANDE)
    assert same(ROOK, shuffled(ROOK, Random(1)))
    assert same(SHRIKHANDE, shuffled(SHRIKHANDE, Random(2)))


def test_parts_do_not_multiply() -> None:
    """Trying all ways to match ten hard parts would take 16 to the tenth power of what one takes."""
    many = beside(*[ROOK] * 10, SHRIKHANDE)
    assert same(many, shuffled(many, Random(3)))
    assert not same(many, shuffled(beside(*[ROOK] * 11), Random(4)))


def test_labels_and_numbers_of_edges_count() -> None:
    one = Structure(["a", "b"], [(0, None, 1), (0, None, 1)])
    assert same(one, one)
    assert not same(one, Structure(["a", "b"], [(0, None, 1)]))
    assert not same(one, Structure(["a", "a"], [(0, None, 1), (0, None, 1)]))
    assert not same(one, Structure(["a", "b"], [(0, None, 1), (1, None, 0)]))
    assert not same(one, Structure(["a", "b"], [(0, 0, 1), (0, 1, 1)]))
    assert same(Structure([], []), Structure([], []))


def test_a_sum_of_thousands_takes_time_with_their_number() -> None:
    count = 5_000
    edges: list[tuple[int, Hashable, int]] = [(0, 0, point) for point in range(1, count + 1)]
    edges += [(point, None, count + 1) for point in range(1, count + 1)]
    wide = Structure(["input", *["conv"] * count, "add"], edges)
    start = time.thread_time()
    assert same(wide, shuffled(wide, Random(5)))
    assert time.thread_time() - start < 3  # 0.4 seconds; with the square of their number, minutes


def test_no_end_in_the_time_that_is_allowed() -> None:
    with pytest.raises(UndecidedError):
        isomorphic(ROOK, SHRIKHANDE, Deadline(Limits(seconds=0)))
