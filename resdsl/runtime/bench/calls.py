"""What is timed: a forward pass, or a training step; and what tells whether it is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from resdsl.records import Record
from resdsl.runtime.bench.job import Job

if TYPE_CHECKING:
    from torch import Tensor, nn

    from resdsl.runtime.bench.bed import Bed

Forward = Callable[..., Any]
"""Of the inputs; the outputs are a tensor, a tuple or a mapping of tensors."""

RATE = 1e-3
"""Of the optimizer: steps that move the weights and do not let them grow."""


class Agreement(Record):
    """How far a variant is from the baseline, relative to the baseline's magnitude."""

    worst: float
    tolerance: float

    @property
    def holds(self) -> bool:
        return self.worst <= self.tolerance  # false where it is not a number

    def __str__(self) -> str:
        return f"its outputs differ by {self.worst:.1e}, and {self.tolerance:g} is allowed"


class Inference:
    """A variant's forward pass on the bed's first inputs."""

    def __init__(self, forward: Forward, bed: Bed) -> None:
        self._forward, self._inputs, self._others = forward, bed.inputs, bed.others

    def __call__(self) -> object:
        return self._forward(*self._inputs)

    def evidence(self) -> list[Tensor]:
        """Outputs for both sets of inputs: one that forgets its inputs is found out."""
        return [*_kept(self._forward(*self._inputs)), *_kept(self._forward(*self._others))]


class Training:
    """A training step: forward, a loss over all outputs, backward, an optimizer's step with momentum."""

    def __init__(self, forward: Forward, parameters: Iterable[Tensor], bed: Bed) -> None:
        import torch

        self._forward, self._inputs, self._job = forward, bed.inputs, bed.job
        self._parameters = list(parameters)
        self._optimizer = torch.optim.SGD(self._parameters, RATE, momentum=0.9)

    def __call__(self) -> object:
        import torch

        self._optimizer.zero_grad(set_to_none=True)
        with _autocast(self._job):
            outputs = tensors(self._forward(*self._inputs))
        loss = torch.stack([y.float().square().mean() for y in outputs]).sum()
        torch.autograd.backward(loss)
        self._optimizer.step()
        return loss

    def evidence(self) -> list[Tensor]:
        """The loss of the first step, and the norm of all its gradients."""
        import torch

        loss = self()
        assert isinstance(loss, torch.Tensor)
        norms = [torch.linalg.vector_norm(p.grad.float()) for p in self._parameters if p.grad is not None]
        return [loss.detach().reshape(1), torch.linalg.vector_norm(torch.stack(norms)).reshape(1)]


Call = Inference | Training


def call_of(forward: Forward, net: nn.Module, bed: Bed) -> Call:
    """What is timed of a module, or of what was built from it."""
    return Training(forward, net.parameters(), bed) if bed.job.train else Inference(forward, bed)


def tensors(outputs: Tensor | tuple[Tensor, ...] | Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """What a module returned, as a tuple."""
    if isinstance(outputs, Mapping):
        return tuple(outputs.values())
    return tuple(outputs) if isinstance(outputs, tuple | list) else (outputs,)


def compare(found: list[Tensor], expected: list[Tensor], tolerance: float) -> Agreement:
    """Outputs against those of the baseline in fp32: the norm of the difference, over the norm of what is expected."""
    import torch

    if len(found) != len(expected):
        return Agreement(float("inf"), tolerance)
    worst = 0.0
    for ours, theirs in zip(found, expected, strict=True):
        if ours.shape != theirs.shape or not bool(torch.isfinite(ours).all()):
            return Agreement(float("inf"), tolerance)
        difference = torch.linalg.vector_norm(ours.double() - theirs.double())
        worst = max(worst, float(difference / torch.linalg.vector_norm(theirs.double())))
    return Agreement(worst, tolerance)


def tolerance(bed: Bed) -> float:
    """What may differ: rounding of the job's type, and on CUDA of TF32, PyTorch's default in convolutions."""
    if bed.job.dtype == "bf16":
        return 0.1
    if bed.job.train:  # a batch's statistics over few positions make much of a small difference
        return 1e-2
    return 5e-3 if bed.job.device == "cuda" else 1e-4


def _autocast(job: Job) -> AbstractContextManager[Any]:
    """Around the forward pass of a training step."""
    import torch

    return torch.autocast(job.device, torch.bfloat16) if job.dtype == "bf16" else nullcontext()


def _kept(outputs: Any) -> list[Tensor]:
    """On the CPU and copied: a captured graph writes its next outputs over these."""
    return [y.detach().float().cpu().clone() for y in tensors(outputs)]
