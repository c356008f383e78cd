"""Formulas of weights, evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from resdsl.diagnostics import InternalError, WeightsError
from resdsl.passes import formulas as f

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def convert(weights: Mapping[str, f.Formula], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a rewritten net from those of the net it was.

    What is taken over as it is, is the same tensor. What is computed is computed in double precision, and has the type
    of the first weight it is made of (float32 if of none). Raises `WeightsError` for a weight that is not there.
    """
    import torch

    for formula in weights.values():
        for key in formula.given():
            if key not in state:
                raise WeightsError(f"the weights have no {key}")
    found = {}
    for key, formula in weights.items():
        if isinstance(formula, f.Given):
            found[key] = state[formula.key]
            continue
        given = formula.given()
        like = state[given[0]] if given else next(iter(state.values()), torch.zeros(()))
        dtype = like.dtype if like.is_floating_point() else torch.float32
        with torch.no_grad():
            found[key] = evaluate(formula, state, like.device).to(dtype).contiguous()
    return found


def evaluate(formula: f.Formula, state: Mapping[str, Tensor], device: torch.device | None = None) -> Tensor:
    """The value of one formula, in double precision. `device` is where constants are made."""
    import torch

    match formula:
        case f.Given(key):
            return state[key].double()
        case f.Full(shape, number):
            return torch.full(shape, float(number), dtype=torch.float64, device=device)
        case f.Dirac(shape, groups):
            return torch.nn.init.dirac_(torch.empty(shape, dtype=torch.float64, device=device), groups)
    return _combined(formula, [evaluate(part, state, device) for part in formula.parts()])


def _combined(formula: f.Formula, parts: list[Tensor]) -> Tensor:
    """What a formula makes of the values of its parts."""
    import torch

    first = parts[0]
    match formula:
        case f.Plus():
            return torch.stack(parts).sum(0)
        case f.Times():
            return first * parts[1]
        case f.Scaled(_, factor):
            return first * float(factor)
        case f.Along(_, _, axis):
            return first * parts[1].reshape([-1 if i == axis else 1 for i in range(first.dim())])
        case f.InverseRoot(_, eps):
            return (first + float(eps)).rsqrt()
        case f.Total(_, keep):
            return first.sum([axis for axis in range(first.dim()) if axis != keep])
        case f.Joined(_, axis):
            return torch.cat(parts, axis)
    return _shaped(formula, first)


def _shaped(formula: f.Formula, tensor: Tensor) -> Tensor:
    match formula:
        case f.Cut(_, start, stop, axis):
            return tensor.narrow(axis, start, stop - start)
        case f.Centred(_, kernel):
            return _centred(tensor, kernel)
        case f.Reshaped(_, shape):
            return tensor.reshape(shape)
        case f.PerInput(_, shape, groups):
            taps = tensor.reshape(groups, 1, shape[1], *(1 for _ in shape[2:]))
            return taps.expand(groups, shape[0] // groups, *shape[1:]).reshape(shape)
    raise InternalError(f"no value is known for {type(formula).__name__}")


def _centred(tensor: Tensor, kernel: tuple[int, ...]) -> Tensor:
    import torch.nn.functional as F  # noqa: N812 - PyTorch's own habit

    pads = []
    for small, large in zip(reversed(tensor.shape[2:]), reversed(kernel), strict=True):
        pads += [(large - small) // 2, large - small - (large - small) // 2]
    return F.pad(tensor, pads)
