"""Grouped convolutions as branches that are concatenated."""

from __future__ import annotations

from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.split_groups import split_all


class SplitGroupsLate(Pass):
    """Form (c) of a unit becomes form (b): figure 3 of Xie et al., arXiv:1611.05431.

    As split_groups, but that the branches' channels are concatenated, and the convolution behind them, if there is one,
    stays as it is. Conditions as there, without those on it.
    """

    name = "split_groups_late"
    summary = "grouped convolutions become branches that are concatenated"
    trains = True

    def apply(self, to: Rewriter) -> None:
        split_all(to, late=True)
