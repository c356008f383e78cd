"""The proof that a rewritten net computes what the net before it does: both are run, on random inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from resdsl.backends.torch import emit
from resdsl.graph import Graph
from resdsl.passes import Rewritten
from resdsl.records import Record
from resdsl.runtime.formulas import convert
from resdsl.runtime.generated import model_class
from resdsl.runtime.verify import tensors

if TYPE_CHECKING:
    from torch import Tensor, nn

DOUBLE, SINGLE = 1e-10, 1e-5
"""The largest differences that are rounding, in double and in single precision, relative to the largest value."""

State = Mapping[str, "Tensor"]


class Equality(Record):
    """The largest difference of two nets, relative to the largest magnitude that the first one's tensor has."""

    double: float
    """Of the outputs in eval, in double precision."""
    single: float
    """The same in single precision: the weights are converted in double precision and rounded once."""
    training: float | None = None
    """Of outputs, gradients of the inputs and running statistics of a training step, in double precision."""

    @property
    def holds(self) -> bool:
        """Whether all differences are rounding."""
        return self.double < DOUBLE and self.single < SINGLE and (self.training is None or self.training < DOUBLE)

    def __str__(self) -> str:
        training = "" if self.training is None else f", {self.training:.1e} in a training step"
        return f"relative difference {self.double:.1e} in double precision{training}, {self.single:.1e} in single"


def equality(
    before: Graph, after: Rewritten, state: State | None = None, *, training: bool = False, batch: int = 2
) -> Equality:
    """Runs a net and what it was rewritten to, with the weights of `state` (random ones without) on random inputs.

    With `training` a training step is compared, too, dropout keeping everything. What is not finite is infinitely far
    from everything. No random number of PyTorch's own generator is used.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        one, other = (model_class(emit(graph))().double() for graph in (before, after.graph))
        given = random_state(one) if state is None else {key: _double(tensor) for key, tensor in state.items()}
        inputs = [torch.randn(batch, *before.node(id_).shape.full, dtype=torch.float64) for id_ in before.inputs]
        one.load_state_dict(given)
        other.load_state_dict(convert(after.weights, given))
        step = _step(one, other, after, inputs) if training else None
        one.load_state_dict(given)  # a step moves the statistics
        other.load_state_dict(convert(after.weights, given))
        double = _outputs(one, other, inputs)
        return Equality(double, _outputs(one.float(), other.float(), [x.float() for x in inputs]), step)


def random_state(module: nn.Module) -> dict[str, Tensor]:
    """The weights that a module has, with those of normalisations, biases and scales no longer what they begin as."""
    import torch

    found = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    for key, tensor in found.items():
        if not tensor.is_floating_point():
            continue
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif key.endswith(("running_mean", "bias")):
            tensor.add_(torch.randn_like(tensor), alpha=0.2)
        elif tensor.dim() <= 1 or tensor.std(correction=0) == 0:
            tensor.mul_(torch.empty_like(tensor).uniform_(0.5, 1.5))
    return found


def _double(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def _outputs(one: nn.Module, other: nn.Module, inputs: list[Tensor]) -> float:
    import torch

    with torch.inference_mode():
        return differences(tensors(one.eval()(*inputs)), tensors(other.eval()(*inputs)))


def _step(one: nn.Module, other: nn.Module, after: Rewritten, inputs: list[Tensor]) -> float:
    """One step of both in training mode, with the same masks of survival."""
    results, gradients = [], []
    for module in (one, other):
        _keep_all(module)
        given = [x.clone().requires_grad_() for x in inputs]
        outputs = tensors(module.train()(*given))
        results.append(tuple(y.detach() for y in outputs))
        gradients.append(_gradients(outputs, given))
    statistics = [
        convert(after.weights, one.state_dict()),
        dict(other.state_dict()),
    ]
    buffers = [key for key, _ in other.named_buffers() if key in statistics[0]]
    return max(
        differences(*results),
        differences(*gradients),
        differences(*(tuple(kept[key].double() for key in buffers) for kept in statistics)),
    )


def _gradients(outputs: tuple[Tensor, ...], inputs: list[Tensor]) -> tuple[Tensor, ...]:
    """Those of a fixed function of all outputs, for each input."""
    import torch

    total = torch.stack([(y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum() for y in outputs]).sum()
    return torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)


def _keep_all(module: nn.Module) -> None:
    from torch import nn

    for part in module.modules():
        if isinstance(part, nn.modules.dropout._DropoutNd):  # noqa: SLF001 - the base of all, which has no other name
            part.p = 0.0


def differences(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> float:
    """The largest difference of two lists of tensors, each relative to the largest magnitude of the first one's."""
    if len(one) != len(other):
        return math.inf
    return max((_difference(a, b) for a, b in zip(one, other, strict=True)), default=0.0)


def _difference(one: Tensor, other: Tensor) -> float:
    if one.shape != other.shape:
        return math.inf
    if not one.numel():
        return 0.0
    difference, scale = _largest(one - other), _largest(one)
    if not (math.isfinite(difference) and math.isfinite(scale)):
        return math.inf
    if scale == 0:
        return math.inf if difference else 0.0
    return difference / scale


def _largest(x: Tensor) -> float:
    return float(x.detach().abs().max())
