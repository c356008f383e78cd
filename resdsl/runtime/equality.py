"""The proof that a rewritten net computes what the net before it does: both are run, on random inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from resdsl.backends.torch import emit
from resdsl.graph import Graph
from resdsl.ops.base import Operator
from resdsl.passes import Rewritten, run
from resdsl.records import Record
from resdsl.runtime.formulas import convert
from resdsl.runtime.generated import build_with
from resdsl.runtime.verify import tensors
from resdsl.runtime.weights.layout import COUNTER

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

DOUBLE, SINGLE = 1e-10, 1e-5
"""The largest differences that are rounding, in double and in single precision, relative to the largest value."""

CHAOS = 1e-3
"""A net that is as far from itself in single precision tells nothing: its random weights are drawn again, smaller."""
GAINS = (1, 0.7, 0.5, 0.35)

State = Mapping[str, "Tensor"]


class Equality(Record):
    """The largest difference of two nets, relative to the largest magnitude that the first one's tensor has."""

    double: float
    """Of the outputs in eval, in double precision."""
    single: float
    """The same in single precision: the weights are converted in double precision and rounded once."""
    training: float | None = None
    """Of outputs, gradients of the inputs and running statistics of a training step, in double precision."""
    rounding: float = 0.0
    """How far the first net's own outputs in single precision are from those in double precision."""
    training_rounding: float = 0.0
    """How far the first net's own training step goes where its inputs change in their last bit. Only asked if
    `training` is not below 1e-10: gradients of a hundred layers without shortcuts are chaos."""

    @property
    def holds(self) -> bool:
        """Whether all differences are rounding: in double precision below 1e-10, in single precision below 1e-5, or, of
        a training step and in single precision, below 10 times the first net's own."""
        training = self.training is None or self.training < max(DOUBLE, 10 * self.training_rounding)
        return self.double < DOUBLE and training and self.single < max(SINGLE, 10 * self.rounding)

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

    generator = torch.Generator().manual_seed(0)
    shapes = [(batch, *before.node(id_).shape.full) for id_ in before.inputs]
    inputs = [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes]
    with torch.random.fork_rng(devices=[]):
        if state is not None:
            return _compared(before, after, state, inputs, training=training)
        for gain in GAINS:
            found = _compared(before, after, random_state(before, generator, gain), inputs, training=training)
            if found.rounding < CHAOS:
                break
        return found


def _compared(before: Graph, after: Rewritten, state: State, inputs: list[Tensor], *, training: bool) -> Equality:
    single = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    double = {key: tensor.double() if tensor.is_floating_point() else tensor for key, tensor in single.items()}
    doubles = _outputs(before, after, double, inputs)
    singles = _outputs(before, after, single, [x.float() for x in inputs])
    step = _step(before, after, double, inputs, inputs) if training else None
    own = 0.0 if step is None or step < DOUBLE else _step(before, run(before, ()), double, inputs, _nearby(inputs))
    rounding = differences(doubles[0], tuple(y.double() for y in singles[0]))
    return Equality(differences(*doubles), differences(*singles), step, rounding, own)


def _nearby(inputs: list[Tensor]) -> list[Tensor]:
    """Inputs whose values are one unit in the last place off, to either side."""
    import torch

    generator = torch.Generator().manual_seed(1)
    eps = torch.finfo(torch.float64).eps
    return [x * (1 + eps * torch.randn(x.shape, dtype=x.dtype, generator=generator).sign()) for x in inputs]


def random_state(graph: Graph, generator: torch.Generator, gain: float = 1) -> dict[str, Tensor]:
    """Weights for which nothing is what it begins as: neither statistics, biases nor scales are 0 or 1.

    A bias is near the number that the text gives it (a gate's, -6), a scale in proportion to it. Values neither grow
    nor fade along plain layers: the mean square of a normalisation's factor is 1, as of a convolution with its ReLU,
    each kernel times `gain`.
    """
    import torch

    found: dict[str, Tensor] = {}
    for key, weight, node in graph.weights():
        shape = weight.shape
        if weight.name == COUNTER:
            found[key] = torch.zeros(shape, dtype=torch.int64)
        elif weight.name in ("bias", "running_mean"):
            found[key] = _written(node.op, "bias", 0) + 0.2 * torch.randn(shape, generator=generator)
        elif weight.name == "running_var":
            found[key] = 0.5 + 1.5 * torch.rand(shape, generator=generator)
        elif prod(shape) == max(shape, default=1):
            written = _written(node.op, "slope", 1) * _written(node.op, "init", 1)
            found[key] = written * (0.5 + torch.rand(shape, generator=generator))
        else:
            found[key] = torch.randn(shape, generator=generator) * gain * math.sqrt(2 / prod(shape[1:]))
    return found


def _written(op: Operator, argument: str, otherwise: float) -> float:
    """The number that an argument of the operator is, if it has that argument and it is one."""
    value = getattr(op, argument, None)
    return float(value) if isinstance(value, Fraction) else otherwise


def _modules(before: Graph, after: Rewritten, state: State) -> tuple[nn.Module, nn.Module]:
    """Both nets, each with its own copy of the weights."""
    one, other = (
        build_with(emit(graph), {key: tensor.clone() for key, tensor in given.items()})
        for graph, given in ((before, state), (after.graph, convert(after.weights, state)))
    )
    return one, other


def _outputs(
    before: Graph, after: Rewritten, state: State, inputs: list[Tensor]
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """What both return in eval."""
    import torch

    with torch.inference_mode():
        one, other = (tensors(module.eval()(*inputs)) for module in _modules(before, after, state))
    return one, other


def _step(before: Graph, after: Rewritten, state: State, inputs: list[Tensor], other_inputs: list[Tensor]) -> float:
    """One step of both in training mode, each on its inputs, with the same masks of survival."""
    one, other = _modules(before, after, state)
    results, gradients = [], []
    for module, own in ((one, inputs), (other, other_inputs)):
        _keep_all(module)
        given = [x.clone().requires_grad_() for x in own]
        outputs = tensors(module.train()(*given))
        results.append(tuple(y.detach() for y in outputs))
        gradients.append(_gradients(outputs, given))
    expected = convert(after.weights, one.state_dict())
    moved = {key: buffer for key, buffer in other.named_buffers() if key in expected}
    statistics = (tuple(expected[key].double() for key in moved), tuple(buffer.double() for buffer in moved.values()))
    return max(differences(*results), differences(*gradients), differences(*statistics))


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
