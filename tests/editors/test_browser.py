"""The extension in VS Code's workbench in Chromium; editors/vscode/README.md says how to get code-server for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = os.environ.get("CODE_SERVER")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.mark.skipif(not SERVER, reason="CODE_SERVER does not say where code-server is")
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_the_extension_in_the_workbench(vscode: Path, tmp_path: Path) -> None:
    pytest.importorskip("pygls", reason="the language server is not installed")
    compiler = tmp_path / "resdsl"
    compiler.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m resdsl "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)
    environment = {**os.environ, "CHROMIUM": str(CHROMIUM), "RESDSL": str(compiler), "SHOTS": str(tmp_path / "shots")}
    subprocess.run(["npm", "run", "build"], cwd=vscode, check=True, capture_output=True)
    done = subprocess.run(
        ["npm", "run", "test:browser"],
        cwd=vscode, env=environment, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nok ") > 15
