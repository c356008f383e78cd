"""The extension's packages, installed once from its lock file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

VSCODE = Path(__file__).parents[2] / "editors" / "vscode"


@pytest.fixture(scope="session")
def vscode() -> Path:
    """The extension's folder, with the packages of its lock file; skips where there is no Node or no registry."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("needs Node.js and npm")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < 20:
        pytest.skip(f"needs Node.js 20 or newer, not {version.strip()}")
    lock = hashlib.sha256((VSCODE / "package-lock.json").read_bytes()).hexdigest()
    stamp = VSCODE / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
        _install()
        stamp.write_text(lock, encoding="utf-8")
    return VSCODE


def _install() -> None:
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"],
        cwd=VSCODE, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    unreachable = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "ECONNRESET")
    if done.returncode and any(f"code {code}" in done.stderr for code in unreachable):
        pytest.skip("the npm registry cannot be reached")
    assert done.returncode == 0, done.stderr
