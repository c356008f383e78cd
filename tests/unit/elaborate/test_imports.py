"""`use`: what may be read, and what is seen of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from resdsl.diagnostics import Report
from resdsl.elaborate import build, check, load_program
from resdsl.source import Source

UNIT = "block unit { conv(3, 4) }\n"


def codes(root: Path, text: str) -> list[tuple[str, str, int]]:
    """File, code and line of every diagnostic."""
    report = Report()
    check(load_program(Source(str(root), text), report), report)
    return [(Path(d.span.source.name).name, d.code, d.span.line) for d in report]


def test_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "blocks.res").write_text('use "more.res": inner\nlet width = 4\nblock unit { inner }\n')
    (tmp_path / "parts" / "more.res").write_text("block inner { conv(3, 4) }\n")
    text = 'use "parts/blocks.res": unit, width\nmodel net { input 3x8x8; unit; conv(1, width) }'
    report = Report()
    graph = build(load_program(Source(str(tmp_path / "net.res"), text), report), "net", report)
    report.raise_if_failed()
    assert graph is not None
    assert [key for key, _, _ in graph.weights()] == ["unit1.inner1.conv1.weight", "conv1.weight"]


def test_imported_names_are_not_passed_on(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text('use "b.res": unit\nblock other { unit }\n')
    (tmp_path / "b.res").write_text(UNIT)
    assert codes(tmp_path / "net.res", 'use "a.res": unit\nmodel net { input 3x8x8; unit }') == [("net.res", "E113", 1)]


def test_a_cycle_is_reported_where_it_closes(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text('use "b.res": b\nblock a { b }\n')
    (tmp_path / "b.res").write_text('use "a.res": a\nblock b { a }\n')
    text = 'use "a.res": a\nmodel net { input 3x8x8; a }'
    assert codes(tmp_path / "net.res", text) == [("b.res", "E112", 1)]
    (tmp_path / "c.res").write_text('use "net.res": net\nblock c { relu }\n')
    assert codes(tmp_path / "net.res", 'use "c.res": c\nmodel net { input 3x8x8; c }') == [("c.res", "E112", 1)]


@pytest.mark.parametrize("path", ["../unit.res", "/unit.res", "sub/../../unit.res", "sub\\\\unit.res", ""])
def test_imports_stay_in_the_tree(tmp_path: Path, path: str) -> None:
    (tmp_path / "unit.res").write_text(UNIT)
    (tmp_path / "tree").mkdir()
    assert codes(tmp_path / "tree" / "net.res", f'use "{path}": unit\nmodel net {{ input 3x8x8; unit }}') == [
        ("net.res", "E111", 1)
    ]


def test_a_link_out_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "unit.res").write_text(UNIT)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link.res").symlink_to(tmp_path / "unit.res")
    (tmp_path / "tree" / "inside.res").write_text(UNIT)
    (tmp_path / "tree" / "fine.res").symlink_to(tmp_path / "tree" / "inside.res")
    text = 'use "{}": unit\nmodel net {{ input 3x8x8; unit }}'
    assert codes(tmp_path / "tree" / "net.res", text.format("link.res")) == [("net.res", "E111", 1)]
    assert codes(tmp_path / "tree" / "net.res", text.format("fine.res")) == []


def test_only_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.res")
    (tmp_path / "folder.res").mkdir()
    for name in ("pipe.res", "folder.res", "nothing.res"):
        assert codes(tmp_path / "net.res", f'use "{name}": unit\nmodel net {{ input 3x8x8; unit }}') == [
            ("net.res", "E110", 1)
        ]


def test_faults_of_an_imported_file_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text("block unit { cnov(3, 4) }\n")
    assert codes(tmp_path / "net.res", 'use "a.res": unit\nmodel net { input 3x8x8; unit }') == [("a.res", "E101", 1)]


def test_the_library_is_found_by_name() -> None:
    assert codes(Path("net.res"), "use std: basic\nmodel net { input 64x8x8; basic(64) }") == []
    assert codes(Path("<stdin>"), "use std: bsic\nmodel net { input 64x8x8; bsic(64) }") == [("<stdin>", "E113", 1)]
