"""The example programs run, and so do the cells of the notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"


def _run(arguments: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_load_and_run(tmp_path: Path) -> None:
    out = _run([str(EXAMPLES / "01_load_and_run.py"), str(tmp_path)], tmp_path)
    assert "output (2, 10)" in out
    assert "nn.Module" in (tmp_path / "resnet18.py").read_text(encoding="utf-8")


def test_own_block(tmp_path: Path) -> None:
    lines = _run([str(EXAMPLES / "02_own_block.py")], tmp_path).splitlines()
    assert "layer2.0.downsample.1.weight" in lines[0]
    losses = [float(line.rsplit(" ", 1)[1]) for line in lines[1:]]
    assert losses[-1] < losses[0]


def test_compare_shortcuts(tmp_path: Path) -> None:
    lines = _run([str(EXAMPLES / "03_compare_shortcuts.py")], tmp_path).splitlines()
    params = [int(line[40:52].replace(",", "")) for line in lines[1:]]
    assert params == [21_623_848, 21_797_672, 22_716_840, 21_623_848]


def test_notebook(tmp_path: Path) -> None:
    book = json.loads((EXAMPLES / "tour.ipynb").read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    program = tmp_path / "tour.py"
    program.write_text("\n\n".join(cells), encoding="utf-8")
    out = _run([str(program)], EXAMPLES)
    assert "11,689,512 parameters" in out
    assert "torch.Size([1, 1000])" in out
    assert "faulty.res:3:3: error[E301]" in out


@pytest.mark.parametrize("spec", sorted(EXAMPLES.glob("*.res")), ids=lambda path: path.name)
def test_specs_check(spec: Path) -> None:
    _run(["-m", "resdsl", "check", str(spec)], ROOT)
