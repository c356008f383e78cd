"""Training steps of the six nets beside torchvision's: docs/performance.md has the tables.

Run it as `python benchmarks/training.py` on a quiet machine. Other options of `resdsl bench` can be added, for instance
`--dtype bf16`.
"""

from __future__ import annotations

import sys

from _nets import keep

if __name__ == "__main__":
    sys.exit(keep("training", ["--train", "--batch", "8", *sys.argv[1:]]))
