"""docs/security.md names tests that exist, all of them, and the limits as they are."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

from resdsl.diagnostics.codes import CODES
from resdsl.limits import Limits

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def defined_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 20
    for path, name in NAMED:
        assert name in defined_in(path), f"{path}::{name}"


def test_every_test_of_security_is_named() -> None:
    """Those of this file and of the reference's tables aside."""
    own = {"test_page.py"}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.name in own:
            continue
        name = str(path.relative_to(ROOT))
        named = {test for place, test in NAMED if place == name}
        assert defined_in(name) - named <= {"test_every_limit_is_here_and_in_the_reference"} | {
            "test_a_text_of_controls_is_shown_as_escapes"
        }, name


def test_the_limits_are_those_of_the_program() -> None:
    rows = re.findall(r"\| ([\d,.]+) \| `--max-([\w-]+)` \| ([E\d, ]+) \|", PAGE)
    found = {flag: value for value, flag, _ in rows}
    assert found == {limit.name.replace("_", "-"): f"{limit.default:,}".removesuffix(".0") for limit in fields(Limits)}
    assert {code for _, _, codes in rows for code in codes.split(", ")} <= CODES.keys()
