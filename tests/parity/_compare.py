"""How a compiled net is compared with its peer: relative to the reference, tensor by tensor."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


def worst_difference(ours: Tensor, reference: Tensor, floor: float = 0.0) -> float:
    """The largest difference, relative to the reference's largest magnitude or to `floor` where that is larger.

    Infinite where the shapes differ or a value is not finite; 0 for two tensors of zeros.
    """
    if ours.shape != reference.shape:
        return math.inf
    difference = _largest(ours - reference)
    scale = max(_largest(reference), floor)
    if not (math.isfinite(difference) and math.isfinite(scale)):
        return math.inf
    if scale == 0:
        return math.inf if difference else 0.0
    return difference / scale


def differing(
    ours: Mapping[str, Tensor], reference: Mapping[str, Tensor], tolerance: float, floor: float = 0.0
) -> list[str]:
    """What differs between two sets of named tensors, one line each; empty when they agree."""
    lines = [f"{name}: only in the reference" for name in reference.keys() - ours.keys()]
    lines += [f"{name}: not in the reference" for name in ours.keys() - reference.keys()]
    for name in reference.keys() & ours.keys():
        worst = worst_difference(ours[name].float(), reference[name].float(), floor)
        if not worst <= tolerance:
            lines.append(f"{name}: {worst:.2e} relative difference")
    return sorted(lines)


def _largest(x: Tensor) -> float:
    """The largest magnitude; not a number if any value is none."""
    return float(torch.linalg.vector_norm(x.detach(), math.inf))
