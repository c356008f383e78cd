"""What is measured: a net, its peer, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.graph import Graph
from resdsl.records import Record

if TYPE_CHECKING:
    from resdsl.passes.lowering import Target

BASELINE, CONTROL = "eager", "control"
DEVICES, DTYPES = ("cpu", "cuda"), ("fp32", "bf16")


class LeftOutError(Exception):
    """A variant that cannot be here, and why: a package, a compiler, a device or an operator is missing."""


class Job(Record):
    """One net under one kind of call. It can be pickled."""

    graph: Graph
    peer: str = ""
    """`LIBRARY:NAME` of the same network elsewhere; `""` where there is none: then our plain module is the peer."""
    batch: int = 1
    device: Target = "cpu"
    dtype: str = "fp32"
    """In training `bf16` is autocast over weights in fp32; in inference the weights and inputs have the type."""
    train: bool = False


def told(error: Exception) -> str:
    """One line of an exception."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
