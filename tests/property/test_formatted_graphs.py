"""The formatter changes no net: the graph of a program is the same after it, and nothing is left to format."""

from __future__ import annotations

import os

from resdsl.api import compile_spec
from resdsl.diagnostics import Report
from resdsl.graph.text import to_text
from resdsl.source import Source
from resdsl.specs import Spec
from resdsl.syntax.format import format_source
from tests.fuzz.choosing import Seeded
from tests.fuzz.programs import program


def formatted(text: str) -> str:
    report = Report()
    found = format_source(Source("net.res", text), report)
    assert found is not None, list(report)
    return found


def graph(text: str) -> str:
    """The elaborated net: every scope, name, operator, shape and connection."""
    return to_text(compile_spec(Spec(None, None), "net", source=Source("net.res", text)).ir)


def test_generated_programs_keep_their_graph() -> None:
    """Valid by construction, of every construct, with any layout. `RESDSL_PROGRAMS=10000` tries more."""
    for number in range(int(os.environ.get("RESDSL_PROGRAMS", "150"))):
        text = program(Seeded(f"graphs/{number}"), depth=2)
        once = formatted(text)
        assert graph(once) == graph(text), text
        assert formatted(once) == once, text
        assert sorted(comments(once)) == sorted(comments(text)), text


def comments(text: str) -> list[str]:
    from resdsl.syntax import parse

    return [comment.text.strip() for comment in parse(Source("net.res", text), Report()).comments]
