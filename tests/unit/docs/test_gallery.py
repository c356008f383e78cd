"""The gallery is what the checkout draws now, and loads fast."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "gallery.md"


def test_page_and_pictures_are_up_to_date() -> None:
    command = [sys.executable, ROOT / "tools" / "generate_gallery.py", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_pictures_are_there_and_small() -> None:
    files = [PAGE.parent / name for name in re.findall(r"\]\((images/[^)]+)\)", PAGE.read_text(encoding="utf-8"))]
    assert len(files) > 50
    sizes = [file.stat().st_size for file in files]
    assert max(sizes) < 120_000
    assert sum(sizes) < 2_500_000
