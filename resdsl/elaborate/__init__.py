"""Tree to graph: names, values, shapes, scopes. All of the language's meaning is here."""

from __future__ import annotations

from resdsl.elaborate.build import build, check, check_empty
from resdsl.elaborate.program import ModelInfo, Program, load_program

__all__ = ["ModelInfo", "Program", "build", "check", "check_empty", "load_program"]
