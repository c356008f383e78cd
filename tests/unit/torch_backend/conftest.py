"""Texts to modules, for the tests of the PyTorch backend."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn

from resdsl.backends.torch import emit
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.graph import Graph
from resdsl.runtime import model_class
from resdsl.source import Source


@pytest.fixture
def graph_of() -> Callable[..., Graph]:
    """Elaborates the model `net` of a text (or the one named); any diagnostic fails the test."""

    def make(text: str, model: str = "net") -> Graph:
        report = Report()
        program = load_program(Source("test.res", text), report)
        graph = build(program, model, report)
        report.raise_if_failed()
        assert graph is not None
        return graph

    return make


@pytest.fixture
def module_of(graph_of: Callable[..., Graph]) -> Callable[..., nn.Module]:
    """The module of a text's model `net`."""

    def make(text: str, model: str = "net") -> nn.Module:
        return model_class(emit(graph_of(text, model)))()

    return make
