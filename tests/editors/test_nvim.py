"""Neovim, as it is installed, with the files of editors/vim and editors/nvim and the real language server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NVIM = os.environ.get("NVIM_PROGRAM") or shutil.which("nvim")

pytestmark = pytest.mark.skipif(not NVIM, reason="Neovim is not installed")

WRONG = "model net {\n  input 3x32x32\n  conv(3, 16)\n  rellu\n}\n"
USER = 'use "parts.res": unit\nmodel net {\n  input 3x8x8\n  unit(4)\n}\n'
PARTS = "block unit(width) { conv(3, width) }\n"


def talk(folder: Path, first: str, second: str | None = None, *, command: list[str]) -> dict[str, Any]:
    """What Neovim has to say of files in the folder."""
    answer = folder / "answer.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ANSWER": str(answer), "FIRST": str(folder / first)}
    environment |= {"XDG_STATE_HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    if second:
        environment["SECOND"] = str(folder / second)
    words = [
        str(NVIM), "--headless", "-n", "-i", "NONE", "-u", "NORC",
        "--cmd", f"set runtimepath^={ROOT}/editors/vim,{ROOT}/editors/nvim",
        "--cmd", f"let g:resdsl_command = {json.dumps(command)}",
        "-c", "filetype plugin on | syntax on",
        "-c", f"source {Path(__file__).with_name('talk.lua')}",
    ]  # fmt: skip
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=90)
    assert answer.exists(), done.stdout + done.stderr
    return json.loads(answer.read_text(encoding="utf-8"))


def test_the_server_serves_neovim(tmp_path: Path) -> None:
    pytest.importorskip("pygls", reason="the language server is not installed")
    for name, text in {"wrong.res": WRONG, "net.res": USER, "parts.res": PARTS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = talk(tmp_path, "wrong.res", "net.res", command=[sys.executable, "-m", "resdsl"])
    assert found["filetype"] == found["syntax"] == "resdsl"
    assert found["commentstring"] == "# %s"
    assert found["told"] == []
    assert found["attached"]
    assert [(each["code"], each["line"]) for each in found["diagnostics"]] == [("E101", 4)]
    assert "conv(k, width" in json.dumps(found["hover"])
    assert found["clients"] == 1
    assert "parts.res" in json.dumps(found["definition"])


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "net.res").write_text(WRONG, encoding="utf-8")
    found = talk(tmp_path, "net.res", command=["/nowhere/resdsl"])
    assert found["filetype"] == "resdsl"
    assert found["told"] == ['resdsl is not installed: there is no program /nowhere/resdsl. pip install "resdsl[lsp]"']
