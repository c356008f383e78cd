"""Inference of the six nets beside what people run: docs/performance.md has the tables.

Run it as `python benchmarks/inference.py` on a quiet machine; most of an hour with set-up and memory (`--no-cold`: a
quarter of it). Other options of `resdsl bench` can be added, `--dtype bf16` or `--batch 16` for instance.
"""

from __future__ import annotations

import sys

from _nets import keep

if __name__ == "__main__":
    sys.exit(keep("inference", sys.argv[1:]))
