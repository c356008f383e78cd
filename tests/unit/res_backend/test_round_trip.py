"""The text of a graph elaborates to the same graph: the zoo, the examples of the docs, programs made at random."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from resdsl.backends.res import to_res
from resdsl.diagnostics import Report
from resdsl.elaborate import Program, build, load_program
from resdsl.graph import Graph
from resdsl.source import Source
from resdsl.zoo import families
from tests.fuzz.choosing import Seeded
from tests.fuzz.programs import program as random_program
from tests.unit.res_backend._same import assert_same, constructs, elaborated, facts

ROOT = Path(__file__).parents[3]
EXAMPLE = re.compile(r"^```res\n(.*?)^```", re.DOTALL | re.MULTILINE)
LARGEST = 520
"""Nodes. The deepest nets say the same as their shallow siblings, a hundred times."""


def shipped(family: str) -> Program:
    path = families()[family]
    report = Report()
    program = load_program(Source(str(path), path.read_text(encoding="utf-8")), report)
    assert not report.failed
    return program


def graphs(program: Program) -> Iterator[Graph]:
    """All models of a program that can be built; those of a faulty example have none."""
    for name, model in program.models.items():
        report = Report()
        graph = build(program, name, report) if model.buildable else None
        if graph is not None and not report.failed:
            yield graph


@pytest.mark.parametrize("family", families())
def test_zoo(family: str) -> None:
    for graph in graphs(shipped(family)):
        if len(graph) <= LARGEST:
            assert_same(graph, to_res(graph))


@pytest.mark.parametrize("page", ["docs/language.md", "README.md", "docs/training.md"])
def test_examples_of_the_docs(page: str) -> None:
    found = 0
    for match in EXAMPLE.finditer((ROOT / page).read_text(encoding="utf-8")):
        report = Report()
        program = load_program(Source(f"{page}.res", match[1]), report)
        for graph in graphs(program) if not report.failed else ():
            assert_same(graph, to_res(graph))
            found += 1
    assert found or page != "docs/language.md"


def test_random_programs() -> None:
    made = (random_program(Seeded(f"text {number}")) for number in range(40))
    programs = (load_program(Source("random.res", text), Report()) for text in made)
    found = list(islice((graph for program in programs for graph in graphs(program)), 40))
    assert len(found) > 30
    for graph in found:
        assert_same(graph, to_res(graph))


def test_text_of_the_text() -> None:
    """What is written once is written the same again."""
    for family in ("resnet", "googlenet", "feature_pyramid", "stochastic_depth"):
        graph = next(graphs(shipped(family)))
        text = to_res(graph)
        assert to_res(elaborated(text, graph.name)) == text


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("bias=0", "bias=true"),
        ("conv(3, 4, bias=0) -> bn", "bn -> conv(3, 4, bias=0)"),
        ("second: ", ""),
        ("survival 0.5", "survival 0.5 per sample"),
        ("aux (0.3)", "aux"),
        ("stage s: ", "s[]: "),
        ("add { | from a | conv(1, 4) }", "add { | conv(1, 4) | from a }"),
    ],
)
def test_the_comparison_sees(written: str, other: str) -> None:
    text = """
        model m {
          input 4x8x8
          conv(3, 4, bias=0) -> bn -> keep a
          second: conv(3, 4)
          add { | from a | conv(1, 4) }
          stage s: { residual { conv(3, 4) } survival 0.5 }
          aux (0.3) head: conv(1, 2)
          relu
        }
    """
    assert written in text
    one, changed = elaborated(text, "m"), text.replace(written, other, 1)
    assert_same(one, text)
    assert constructs(one)
    assert facts(elaborated(changed, "m")) != facts(one)
    with pytest.raises(AssertionError):
        assert_same(one, changed)
