"""The six nets that speed is told of, and where their results are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resdsl.cli import main, parser

NETS = ("resnet50", "densenet121", "googlenet", "resnext50_32x4d", "vgg16", "wide_resnet50_2")
RESULTS = Path(__file__).parent / "results"


def keep(kind: str, options: Sequence[str]) -> int:
    """Runs `resdsl bench` on the six nets and keeps its results as `bench_KIND_...json`. Returns its exit code."""
    command = ["bench", *NETS, *options]
    asked = parser().parse_args(command)
    batches = "_".join(map(str, asked.batch))
    name = f"bench_{kind}_{asked.device}_{'_'.join(asked.dtype)}_batch{batches}.json"
    return main([*command, "--save", str(RESULTS / name)])
