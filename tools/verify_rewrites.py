"""The proof of every rewrite on every net that ships: too long for the tests, which prove it on nets of each form.

Run it as `python tools/verify_rewrites.py [--seconds S] [NET ...]`: two hours on one core. Nets are taken with a small
input. The exit code is 1 if a difference is more than rounding.
"""

from __future__ import annotations

import argparse
import sys
import time

import torch

import resdsl
from resdsl.diagnostics import CompileError
from resdsl.passes import PASSES, find_pass, rewrite
from resdsl.runtime.equality import equality
from resdsl.zoo import rows

SIDE, BATCH = 64, 4
"""Inputs: smaller ones leave a normalisation in training two numbers, whose difference is all rounding."""


def small(name: str) -> resdsl.Architecture:
    """The net with a smaller input, if it takes one and its own is larger."""
    net = resdsl.load(name)
    channels, *size = net.ir.node(net.ir.inputs[0]).shape.full
    if not size or max(size) <= SIDE:
        return net
    try:
        return resdsl.load(name, input=(channels, SIDE, SIDE))
    except CompileError:
        return net


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("nets", nargs="*", metavar="NET")
    options = parser.parse_args()
    torch.set_num_threads(1)
    end = time.monotonic() + options.seconds
    proven = failed = 0
    for name in options.nets or [row.name for row in rows()]:
        if time.monotonic() > end:
            print(f"{name} and what follows: no time was left")
            break
        net = small(name)
        for one in PASSES:
            done = rewrite(net.ir, [one])
            if done.changes:
                found = equality(net.ir, done, training=find_pass(one).trains, batch=BATCH)
                proven, failed = proven + 1, failed + (not found.holds)
                print(f"{name}, {one}: {found}{'' if found.holds else ' NOT EQUAL'}", flush=True)
    print(f"{proven} rewrites, {failed} not equal")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
