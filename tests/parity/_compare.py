"""How a compiled net is compared with its peer: relative to the reference, tensor by tensor."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def worst_difference(ours: Tensor, reference: Tensor, floor: float = 0.0) -> float:
    """The largest difference, relative to the reference's largest magnitude or to `floor` where that is larger.

    Infinite where the shapes differ or a value is not finite; 0 for two tensors of zeros.
    """
    if ours.shape != reference.shape or not (ours.isfinite().all() and reference.isfinite().all()):
        return float("inf")
    scale = max(reference.abs().max().item(), floor)
    difference = (ours - reference).abs().max().item()
    return difference / scale if scale else (0.0 if difference == 0 else float("inf"))


def differing(ours: Mapping[str, Tensor], reference: Mapping[str, Tensor], tolerance: float, floor: float = 0.0) -> list[str]:
    """What differs between two sets of named tensors, one line each; empty when they agree."""
    lines = [f"{name}: only in the reference" for name in reference.keys() - ours.keys()]
    lines += [f"{name}: not in the reference" for name in ours.keys() - reference.keys()]
    for name in reference.keys() & ours.keys():
        worst = worst_difference(ours[name].float(), reference[name].float(), floor)
        if not worst <= tolerance:
            lines.append(f"{name}: {worst:.2e} relative difference")
    return sorted(lines)
