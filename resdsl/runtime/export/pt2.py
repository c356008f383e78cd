"""`torch.export` programs: the net as PyTorch's own graph, which a later version of PyTorch can load and compile."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from resdsl.graph import Graph
from resdsl.runtime.export.preparing import Batch, at_work, described, trace

if TYPE_CHECKING:
    from torch import nn

NOTE = "resdsl.json"
"""The file inside a program that says what it was made of."""


def pt2_program(graph: Graph, module: nn.Module, batch: Batch = "dynamic") -> bytes:
    """The module in eval as the file of an exported program: `torch.export.load(file).module()` is one again.

    It needs neither resdsl nor the source. Raises `InternalError` if PyTorch cannot export it.
    """
    import torch

    program = trace(graph, module, batch)
    file = io.BytesIO()
    with at_work("torch.export"):
        torch.export.save(program, file, extra_files={NOTE: json.dumps(described(graph, batch))})
    return file.getvalue()


def load_program(data: bytes) -> nn.Module:
    """The module of a program that `pt2_program` wrote."""
    import torch

    with at_work("torch.export"):
        return torch.export.load(io.BytesIO(data)).module()
