"""Everything there is to measure on a machine with a GPU, in one command.

`python benchmarks/gpu.py`, or a part of it: `python benchmarks/gpu.py batch256`. `--limit-seconds` is for each part.
"""

from __future__ import annotations

import argparse
import sys

from _nets import keep

PARTS = {
    "batch1": ("inference", "--batch", "1", "--peers", "eager,channels_last,compile,reduce_overhead"),
    "batch256": ("inference", "--batch", "256", "--peers", "eager,channels_last,compile"),
    "training": ("training", "--train", "--batch", "128", "--peers", "eager,channels_last,compile"),
}
"""What each measures in bf16: in training that is autocast."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    chosen, options = parser.parse_known_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    codes = []
    for part in chosen.parts or PARTS:
        kind, *arguments = PARTS[part]
        codes.append(keep(kind, ["--device", "cuda", "--dtype", "bf16", *arguments, *options]))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
