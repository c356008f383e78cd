"""The generators as Hypothesis strategies: it decides, and makes what fails smaller."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.choosing import Drawn
from tests.fuzz.programs import program
from tests.fuzz.texts import grammar_text, mutated, raw


@st.composite
def programs(draw: st.DrawFn, depth: int = 2) -> str:
    """Valid by construction."""
    return program(Drawn(draw), depth)


@st.composite
def grammar_texts(draw: st.DrawFn) -> str:
    """What the grammar allows, of any meaning."""
    return grammar_text(Drawn(draw))


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Cases, examples and pieces of the specs with some words changed."""
    return mutated(Drawn(draw))


@st.composite
def raw_bytes(draw: st.DrawFn) -> bytes:
    """The same with some bytes changed, or arbitrary bytes."""
    return raw(Drawn(draw))
