"""Stochastic depth, which only training has, as part of the weights."""

from __future__ import annotations

from resdsl.graph import Scope
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.factors import multiply_branch


class FoldSurvival(Pass):
    """A unit that survives with the chance p becomes one that always does; its branch takes p into its weights.

    In eval, `rescale test` computes x + p f(x) (Huang et al., arXiv:1603.09382, equation 5), and the last affine layers
    of f take the factor: gamma and beta of a normalisation, weight and bias of a convolution. Conditions: the unit is
    not gated (p would stand on the gate's sigmoid), nothing but homogeneous steps (ReLU, pools, merges) stands between
    these layers and the sum, they have no other use, and their weights are not shared. `rescale train` computes
    x + f(x) in eval: the chance is removed, and no weight changes.
    """

    name = "fold_survival"
    summary = "fold the chance of survival into the last affine layer of each branch"

    def apply(self, to: Rewriter) -> None:
        for unit in to.draft.root.walk():
            if unit.survival is not None:
                _fold(to, unit)


def _fold(to: Rewriter, unit: Scope) -> None:
    survival = unit.survival
    assert survival is not None
    end = to.draft.nodes[next(item for item in reversed(unit.items) if isinstance(item, int))]
    if survival.rescale == "test" and (why := multiply_branch(to, unit, survival.chance)):
        to.refuse(end, why)
        return
    unit.survival = None
    into = f"folded into its branch: times {float(survival.chance):.4g}" if survival.rescale == "test" else "removed"
    to.did(end, f"survival {into}")
