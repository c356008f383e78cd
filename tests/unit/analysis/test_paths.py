"""Paths and their lengths against enumeration, NetworkX, and the figures of arXiv:1605.06431 and 1603.09382."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import comb
from pathlib import Path

import networkx as nx
import pytest

import resdsl
from resdsl.analysis.paths import Lengths, path_lengths

CONV = "conv(3, 4)"
RESIDUAL = "residual { conv(3, 4) -> bn -> relu }"


def net(tmp_path: Path, *lines: str) -> resdsl.Architecture:
    path = tmp_path / "net.res"
    body = "".join(f"  {line}\n" for line in lines)
    path.write_text(f"model net {{\n  input 4x8x8\n{body}}}\n", encoding="utf-8")
    return resdsl.load(path)


def simple_paths(architecture: resdsl.Architecture) -> Counter[int]:
    """Every path from input to output in the plain graph, by its convolutions: NetworkX enumerates them."""
    graph = architecture.ir
    simple = nx.DiGraph(graph.nx)
    found: Counter[int] = Counter()
    for path in nx.all_simple_paths(simple, graph.inputs[0], graph.outputs[0].node):
        found[sum(graph.node(node).op.kind == "conv" for node in path)] += 1
    return found


@pytest.mark.parametrize(
    "lines",
    [
        (CONV, RESIDUAL, RESIDUAL, RESIDUAL),
        (RESIDUAL, "residual { conv(3, 4) -> residual { conv(3, 4) } -> conv(3, 4) } shortcut { conv(1, 4) }"),
        ("dense { conv(3, 2) }", "dense { conv(3, 2) }", "dense { conv(1, 8) -> conv(3, 2) }", "conv(1, 4)"),
        (
            "concat { | conv(1, 4)",
            "| conv(1, 4) -> conv(3, 4)",
            "| maxpool(3, stride=1) -> conv(1, 4) }",
            "conv(1, 4)",
            RESIDUAL,
        ),
        ("keep a", RESIDUAL, "keep b", "conv(3, 4)", "add { | from a", "| from b", "| conv(3, 4) }"),
        (
            "input_side: conv(1, 4)",
            "mean { | conv(3, 4)",
            "| conv(3, 4) -> conv(3, 4) }",
            "2 x { residual { conv(3, 4) } }",
        ),
    ],
    ids=["residual", "nested and projected", "dense", "concat", "kept values", "mean and repeat"],
)
def test_layers_on_paths_as_networkx_enumerates_them(tmp_path: Path, lines: tuple[str, ...]) -> None:
    architecture = net(tmp_path, *lines)
    weights = path_lengths(architecture.ir, by_layer=True).lengths.weights
    assert {i: w for i, w in enumerate(weights) if w} == simple_paths(architecture)


def test_units_of_a_dense_block_are_its_layers(tmp_path: Path) -> None:
    layers = 5
    paths = path_lengths(net(tmp_path, *["dense { conv(1, 8) -> conv(3, 2) }"] * layers).ir)
    enumerated = Counter(sum(ways) for ways in product((0, 1), repeat=layers))
    assert paths.units == layers
    assert dict(enumerate(paths.lengths.weights)) == enumerated


def test_a_gate_weighs_the_ways_and_is_none(tmp_path: Path) -> None:
    gated = "residual { conv(3, 4) -> relu } gate { conv(3, 4, bias=-2) -> sigmoid }"
    paths = path_lengths(net(tmp_path, *[gated] * 4).ir)
    assert paths.lengths.weights == tuple(comb(4, length) for length in range(5))


def test_branches_within_a_unit_are_one_way(tmp_path: Path) -> None:
    branched = "residual { add { | conv(3, 4)\n | conv(1, 4) -> conv(3, 4)\n | conv(5, 4) } }"
    architecture = net(tmp_path, branched, branched)
    assert path_lengths(architecture.ir).lengths.weights == (1, 2, 1)
    assert path_lengths(architecture.ir, by_layer=True).lengths.total == 16


def test_a_chain_has_one_path(tmp_path: Path) -> None:
    paths = path_lengths(net(tmp_path, CONV, CONV).ir)
    assert (paths.units, paths.lengths.weights, paths.expected, paths.depths) == (0, (1,), None, None)


def test_survival_as_all_outcomes_give_it(tmp_path: Path) -> None:
    chances = [Fraction(9, 10), Fraction(1), Fraction(2, 3), Fraction(1, 2)]
    units = [f"{RESIDUAL} survival {chance}" if chance < 1 else RESIDUAL for chance in chances]
    paths = path_lengths(net(tmp_path, *units).ir)
    depths, expected = [Fraction(0)] * 5, [Fraction(0)] * 5
    for outcome in product((0, 1), repeat=4):
        probability = Fraction(1)
        for alive, chance in zip(outcome, chances, strict=True):
            probability *= chance if alive else 1 - chance
        depths[sum(outcome)] += probability
        for length in range(5):
            expected[length] += probability * comb(sum(outcome), length)
    assert paths.depths is not None
    assert paths.expected is not None
    assert paths.depths.weights == tuple(depths)
    assert paths.expected.weights == tuple(expected)
    assert paths.depths.total == 1


def test_the_figures_of_the_papers() -> None:
    """1605.06431: 2^54 paths of mean 27, more than 95 % of 19 to 35 units, 0.45 % of 5 to 17; 1603.09382: E = 40."""
    lengths = path_lengths(resdsl.load("resnet110_cifar10").ir).lengths
    assert (lengths.total, lengths.mean, lengths.central()) == (2**54, 27, (19, 35))
    assert f"{float(lengths.share(19, 35)):.3f}" == "0.980"
    assert f"{float(lengths.share(5, 17)):.6f}" == "0.004537"
    survival = path_lengths(resdsl.load("stochastic_depth110_cifar10").ir)
    assert survival.lengths == lengths
    assert survival.depths is not None
    assert survival.depths.mean == Fraction(161, 4)


def test_a_thousand_layers_and_a_hundred_gates() -> None:
    lengths = path_lengths(resdsl.load("resnet1202_cifar10").ir).lengths
    assert lengths.weights == tuple(comb(600, length) for length in range(601))
    highway = path_lengths(resdsl.load("highway_fc100_mnist").ir)
    assert highway.lengths.total == 2**highway.units


def test_what_a_distribution_tells() -> None:
    lengths = Lengths((0, 1, 2, 1))
    assert (lengths.total, lengths.mean, lengths.variance) == (4, 2, Fraction(1, 2))
    assert lengths.share(1, 2) == Fraction(3, 4)
    assert lengths.share(-3, 9) == 1
    assert lengths.shares() == (0, Fraction(1, 4), Fraction(1, 2), Fraction(1, 4))
    assert lengths.central(Fraction(1, 2)) == (1, 3)
