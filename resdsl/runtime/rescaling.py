"""Weights trained under one convention of stochastic depth, for the other.

`rescale test` (the paper): a branch is added as it is in training and times p in eval. `rescale train` (timm and
torchvision): it is divided by p in training and added as it is in eval. With the branch's last affine layer times p,
the second net computes exactly what the first does, in eval and for every mask in training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.graph import Graph, Scope, ScopeKind
from resdsl.passes.base import Rewriter
from resdsl.passes.factors import multiply_branch
from resdsl.runtime.formulas import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


class RescaleError(ValueError):
    """A unit whose factor cannot be moved into its weights, and why."""


def rescale_weights(graph: Graph, state: Mapping[str, Tensor], to: str) -> dict[str, Tensor]:
    """The `state_dict` of the net that says `rescale` and `to` (`train` or `test`) where `graph`'s says the other word.

    Raises `RescaleError` where a unit is gated or its branch does not end in a layer whose weights can take the
    factor, and `ValueError` for another `to`.
    """
    if to not in ("train", "test"):
        raise ValueError(f"weights are rescaled to 'train' or 'test', not {to!r}")
    rewriter = Rewriter(graph)
    for unit in rewriter.draft.root.walk():
        if unit.kind is not ScopeKind.RESIDUAL or unit.survival is None or unit.survival.rescale == to:
            continue
        chance = unit.survival.chance
        why = multiply_branch(rewriter, unit, chance if to == "train" else 1 / chance)
        if why:
            raise RescaleError(f"{_place(unit)}: {why}")
    converted = convert(rewriter.finish().weights, state)
    return {key: converted.get(key, tensor) for key, tensor in state.items()}


def _place(unit: Scope) -> str:
    return f"the unit in {unit.path or 'the model'} ({unit.span})"
