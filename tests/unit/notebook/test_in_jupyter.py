"""A notebook that Jupyter executes: the kernel is a process of its own, and outputs are what a reader would see."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

SPEC = "%%res net\nmodel net {\n  input 3x8x8\n  conv(3, 4) -> relu\n  avgpool -> flatten -> linear(2)\n}"


def test_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    cells = [
        "%load_ext resdsl",
        SPEC,
        "print(net.summary().params); net",
        SPEC.replace("conv(3, 4)", "conv(3, 4, kernl=3)"),
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in [*cells, "print('not run')"]])
    client = NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(CellExecutionError, match="1 error; net is not set"):
        client.execute()
    nbformat.validate(book)
    loaded, shown, printed, broken, after = (cell["outputs"] for cell in book["cells"])
    assert loaded == []
    assert [output["output_type"] for output in shown] == ["display_data"]
    assert "<table>" in shown[0]["data"]["text/html"]
    assert printed[0]["text"] == f"{3 * 4 * 9 + 4 * 2 + 2}\n"
    assert shown[0]["data"]["text/html"] == printed[1]["data"]["text/html"]
    assert [output["output_type"] for output in broken] == ["display_data", "error"]
    assert "&lt;cell&gt;:3:14: " in broken[0]["data"]["text/html"]
    assert broken[1]["traceback"] == ["1 error; net is not set"]
    assert after == []
