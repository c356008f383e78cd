"""A net as a file for other programs: what is asked for, checked, and the weights that go into it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.specs import SpecError

if TYPE_CHECKING:
    import torch

    from resdsl.graph.model import Graph
    from resdsl.runtime.export import Batch, Exported, Format
    from resdsl.runtime.weights import Mapping as WeightMapping


def export_net(
    graph: Graph,
    to: Format,
    name: str,
    *,
    weights: Mapping[str, torch.Tensor] | torch.nn.Module | str | os.PathLike[str] | None = None,
    batch: Batch | None = None,
) -> tuple[WeightMapping | None, Exported]:
    """A net in a format of `resdsl.runtime.export`, compared with its module, and how the weights were found.

    `name` is what the file is to be called; `weights` are what `resdsl.transplant` takes, otherwise the net is freshly
    initialised, always alike. `batch` is a number or `"dynamic"`: docs/exports.md. Raises `SpecError` for a format or
    batch that is none, `OSError` if something is not installed, `WeightsError` as `resdsl.transplant` does or if the
    module's own outputs are not finite.
    """
    from resdsl.backends.torch import emit
    from resdsl.runtime import build_seeded
    from resdsl.runtime.export import FORMATS, export
    from resdsl.runtime.weights.transplanting import transplant

    if to not in FORMATS:
        raise SpecError(f"there is no export to {to!r}; there are {', '.join(FORMATS)}")
    if batch is not None and to == "safetensors":
        raise SpecError("a file of weights takes no inputs, and so no batch")
    if not (batch is None or batch == "dynamic" or (type(batch) is int and batch > 0)):
        raise SpecError(f"{batch!r} is no batch: a positive number, or 'dynamic'")
    module = build_seeded(emit(graph))
    found = None if weights is None else transplant(weights, module, graph=graph)
    return found, export(graph, module, to, name, batch)


def refuse_suffix(to: Format, path: Path) -> None:
    """Raises `SpecError` if a file of that name holds something else."""
    from resdsl.runtime.export import SUFFIXES

    if to in SUFFIXES and path.suffix != SUFFIXES[to]:
        raise SpecError(f"the name of an export to {to} ends in {SUFFIXES[to]}, and {path.name} does not")
