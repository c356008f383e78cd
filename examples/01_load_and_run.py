"""Load a network that ships with resdsl, look at its figures, run it, and write its source beside this program.

Run it with `python examples/01_load_and_run.py [FOLDER]`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import resdsl


def main(folder: Path) -> None:
    net = resdsl.load("resnet18", classes=10)

    summary = net.summary()
    print(f"{summary.params:,} parameters, {summary.macs:,} multiply-adds, depth {summary.depth}")

    module = net.module().eval()
    with torch.inference_mode():
        scores = module(torch.randn(2, 3, 224, 224))
    print(f"output {tuple(scores.shape)}")

    target = folder / "resnet18.py"
    target.write_text(net.source(), encoding="utf-8")
    print(f"wrote {target.name}: plain PyTorch, {len(net.source().splitlines())} lines")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
