"""Survival under DistributedDataParallel: two processes, no hang, the same masks, the weights of one process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from resdsl.backends.torch import emit
from resdsl.graph import Graph

# Group norm: batch statistics of half a batch are others than those of the whole, with or without survival.
NET = """
block unit(width) { residual { conv(3, width) -> gn(2) -> relu -> conv(3, width) -> gn(2) }
  relu }
model net { input 4x5x5
  survival 1 - l / L / 2
  stage body: 4 x unit(4)
  avgpool -> flatten -> linear(3) }
"""


def test_ranks_agree_with_each_other_and_with_one_process(graph_of: Callable[..., Graph], tmp_path: Path) -> None:
    source = tmp_path / "net.py"
    source.write_text(emit(graph_of(NET)))
    script = str(Path(__file__).with_name("_ddp.py"))

    def start(rank: int, ranks: int) -> subprocess.Popen[bytes]:
        arguments = [str(rank), str(ranks), str(tmp_path / "store"), str(source), str(tmp_path)]
        return subprocess.Popen([sys.executable, script, *arguments])

    processes = [start(0, 1), start(0, 2), start(1, 2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    one, a, b = (torch.load(tmp_path / name, weights_only=True) for name in ("1-0.pt", "2-0.pt", "2-1.pt"))
    assert a["masks"] == b["masks"] == one["masks"]
    assert len({tuple(mask) for mask in a["masks"]}) > 1
    for key, tensor in a["state"].items():
        assert torch.equal(tensor, b["state"][key]), key
        torch.testing.assert_close(tensor, one["state"][key], rtol=1e-5, atol=1e-6)
