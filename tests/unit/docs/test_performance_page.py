"""The tables of the page are those of the results, and it knows every variant."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from resdsl.runtime.bench import VARIANTS
from tests.unit.bench._made import case, results

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.fixture
def tool() -> ModuleType:
    path = ROOT / "tools" / "generate_performance.py"
    spec = importlib.util.spec_from_file_location("generate_performance", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(ROOT))  # where the tool puts it
    return module


def test_tables_are_up_to_date(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 0, capsys.readouterr().err


def test_every_variant_is_described() -> None:
    described = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(VARIANTS)


def test_tables_of_results(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"head\n{tool.BEGIN}\noutdated\n{tool.END}\nfoot\n", encoding="utf-8")
    (tmp_path / "bench_inference.json").write_text(results(case("a", 50), case("b", 200)).to_json(), encoding="utf-8")
    monkeypatch.setattr(tool, "PAGE", page)
    monkeypatch.setattr(tool, "RESULTS", tmp_path)
    assert tool.main(["--check"]) == 1
    assert tool.main([]) == tool.main(["--check"]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("head\n")
    assert text.endswith("foot\n")
    assert "outdated" not in text
    assert "### Inference, cpu, fp32, batch 1\n\nP (AVX2), 2 threads; torch 2.13.0; 2026-11-22." in text
    assert "| ours | 1.00 | 1.00 to 1.00 | no difference | 2 | 2.00 | 0.50 |" in text
    assert "| aoti (a): it needs a C++ compiler, and there is no g++ |" in text


def test_a_page_without_markers_is_refused(tool: ModuleType) -> None:
    with pytest.raises(SystemExit):
        tool.filled("no markers", "tables")
