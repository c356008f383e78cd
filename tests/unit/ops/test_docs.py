"""The page of operators is generated, complete and up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from resdsl.ops.registry import operator, operator_names

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools" / "generate_operator_docs.py"


def test_page_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, TOOL, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_page_has_every_operator_and_argument() -> None:
    text = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    for name in operator_names():
        fields = operator(name).model_fields
        (line,) = [line for line in text.splitlines() if line.startswith((f"| `{name}(", f"| `{name}`"))]
        assert all(f"`{field}`:" in line for field in fields)
