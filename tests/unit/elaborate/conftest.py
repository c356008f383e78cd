"""Texts to graphs and reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resdsl.diagnostics import Report
from resdsl.elaborate import build, check, load_program
from resdsl.graph import Graph
from resdsl.limits import Limits
from resdsl.source import Source

Codes = list[tuple[str, int, int]]


@pytest.fixture
def codes_of() -> Callable[..., Codes]:
    """Code, line and column of every diagnostic of a text."""

    def run(text: str, limits: Limits | None = None) -> Codes:
        report = Report()
        check(load_program(Source("test.res", text), report, limits=limits or Limits()), report)
        return [(d.code, d.span.line, d.span.column) for d in report]

    return run


@pytest.fixture
def graph_of() -> Callable[..., Graph]:
    """The graph of the model `net` (or another); any diagnostic fails the test."""

    def run(text: str, model: str = "net", **options: object) -> Graph:
        report = Report()
        program = load_program(Source("test.res", text), report)
        graph = build(program, model, report, **options)
        report.raise_if_failed()
        assert graph is not None
        return graph

    return run
