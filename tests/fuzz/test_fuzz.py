"""The fuzzers' own tests: some inputs of each kind by Hypothesis, and every input that ever failed.

`run.py` and `guided.py` send many more.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resdsl.backends.torch import emit
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.runtime import verify
from resdsl.source import Source
from tests.fuzz.choosing import Seeded
from tests.fuzz.probing import deadline, probe
from tests.fuzz.programs import program
from tests.fuzz.run import made, names
from tests.fuzz.strategies import grammar_texts, mutations, programs, raw_bytes

CASES = sorted((Path(__file__).parents[1] / "cases" / "fuzz").glob("*.res"))
CORPUS = sorted(Path(__file__).with_name("corpus").iterdir())

quick = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """What is imported when it is first needed takes no input's time."""
    probe(b"model net { input 3x8x8; residual { conv(3, 3) -> bn } -> relu; avgpool -> flatten -> linear(2) }")
    probe(b"model net { input 3x8x8; convv(3, 4) }")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_failed_once(case: Path) -> None:
    with deadline():
        probe(case.read_bytes())


def test_the_corpus() -> None:
    for path in CORPUS:
        with deadline():
            probe(path.read_bytes())


@settings(quick, max_examples=40)
@given(programs(depth=1))
def test_programs_are_valid(text: str) -> None:
    """By construction; then all that is made of them is sound too."""
    with deadline():
        assert probe(text.encode()).kind == "valid", text


def test_programs_run() -> None:
    """As modules: with the graph's weights and shapes, forward and backward."""
    for number in range(20):
        text = program(Seeded(f"run/{number}"))
        report = Report()
        graph = build(load_program(Source("net.res", text), report), "net", report)
        assert graph is not None, text
        assert verify(graph, emit(graph)).output == (2, 3), text


@settings(quick, max_examples=100)
@given(grammar_texts())
def test_text_of_the_grammar(text: str) -> None:
    with deadline():
        probe(text.encode())


@settings(quick, max_examples=200)
@given(mutations())
def test_mutated_texts(text: str) -> None:
    with deadline():
        probe(text.encode("utf-8", "surrogatepass"))


@settings(quick, max_examples=200)
@given(st.one_of(raw_bytes(), st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes(data: bytes) -> None:
    with deadline():
        probe(data)


def test_the_kinds_reach_what_they_are_for() -> None:
    """Fuzzing is worth something only if inputs get past the parser, and far."""
    kinds: Counter[str] = Counter()
    codes: set[str] = set()
    for name in names("kinds", 0, 400):
        outcome = probe(made(name))
        kinds[outcome.kind] += 1
        codes |= outcome.codes
    assert min(kinds["valid"], kinds["refused"], kinds["unreadable"]) >= 10, kinds
    assert len(codes) >= 30, codes
