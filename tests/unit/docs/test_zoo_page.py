"""The page of the zoo is generated, complete and up to date; its pictures are of the texts that ship."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from resdsl import zoo

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools" / "generate_zoo.py"
PAGE = (ROOT / "docs" / "zoo.md").read_text(encoding="utf-8")


def test_page_and_pictures_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, TOOL, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_page_has_every_network_and_picture() -> None:
    assert [name for name in zoo.everything() if f"| `{name}` |" not in PAGE] == []
    pictures = re.findall(r"\]\((images/zoo/[^)]*)\)", PAGE)
    assert len(pictures) == len(zoo.families())
    assert all((ROOT / "docs" / picture).is_file() for picture in pictures)


def test_links_within_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9-]", "", heading.lower().replace(" ", "-")) for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) == anchors - {"advice"}


def test_every_section_has_an_idea_and_advice() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert len(sections) == len(zoo.families())
    for section in sections:
        idea = section.split("\n\n")[1]
        assert len(re.findall(r"[.:?](?:\s|$)", idea)) >= 2, section[:60]
        assert "\n\n- " in section, section[:60]
