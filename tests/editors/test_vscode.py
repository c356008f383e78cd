"""The extension's own tests: types, bundle, and its work with the compiler of this checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_the_extension(vscode: Path) -> None:
    compiler = json.dumps([sys.executable, "-m", "resdsl"])
    environment = {**os.environ, "RESDSL": compiler, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        ["npm", "test"], cwd=vscode, env=environment, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = {
        word: int(number) for word, number in re.findall(r"^\D*\b(pass|fail|skipped) (\d+)$", done.stdout, re.MULTILINE)
    }
    assert told["skipped"] == told["fail"] == 0
    assert told["pass"] > 20


def test_versions_agree(vscode: Path) -> None:
    from resdsl import __version__

    for name in ("package.json", "package-lock.json"):
        assert json.loads((vscode / name).read_text(encoding="utf-8"))["version"] == __version__
