"""What PyTorch's CPU allocator was asked for while a function ran: every piece made and let go, in order of time.

Kernels' scratch memory is told apart: what a convolution, normalisation or resampling makes and lets go before it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

_WITH_SCRATCH = ("conv", "batch_norm", "upsample")


class Most(NamedTuple):
    """Bytes at their most above what was there before: without scratch memory, and with it."""

    bytes: int
    with_scratch: int


def most_allocated(run: Callable[[], None]) -> Most:
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    tree = profiler.profiler.kineto_results.experimental_event_tree()
    events = sorted((e for e in _flat(tree) if e.tag.name == "Allocation"), key=lambda event: event.start_time_ns)
    scratch: set[int] = set()
    made: dict[int, tuple[int, Any]] = {}
    for index, event in enumerate(events):
        fields = event.extra_fields
        if fields.alloc_size > 0:
            made[fields.ptr] = index, _kernel(event)
        elif fields.ptr in made:
            begin, kernel = made.pop(fields.ptr)
            if kernel is not None and event.start_time_ns <= kernel.end_time_ns:
                scratch |= {begin, index}
    sizes = [event.extra_fields.alloc_size for event in events]
    return Most(_most(size for index, size in enumerate(sizes) if index not in scratch), _most(iter(sizes)))


def _most(sizes: Iterator[int]) -> int:
    now = most = 0
    for size in sizes:
        now += size
        most = max(most, now)
    return most


def _flat(events: Sequence[Any]) -> Iterator[Any]:
    stack = list(reversed(events))
    while stack:
        event = stack.pop()
        yield event
        stack.extend(reversed(event.children))


def _kernel(event: Any) -> Any:
    """The outermost operator around an event that has scratch memory, if one has."""
    found = None
    while (event := event.parent) is not None:
        if event.name.startswith("aten::") and any(word in event.name for word in _WITH_SCRATCH):
            found = event
    return found


class Loss(torch.autograd.Function):
    """A loss that keeps nothing: 0, with gradients of ones."""

    @staticmethod
    def forward(ctx: Any, *outputs: Tensor) -> Tensor:
        ctx.outputs = [(output.shape, output.dtype, output.device) for output in outputs]
        return outputs[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, *_: Any) -> tuple[Tensor, ...]:
        return tuple(torch.ones(shape, dtype=dtype, device=device) for shape, dtype, device in ctx.outputs)


def values(result: Any) -> list[Tensor]:
    """The tensors of a net's result, whatever holds them."""
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, tuple | list) else [result]
    return [part for part in parts if isinstance(part, Tensor)]


class Step:
    """A training step whose caller holds input and outputs, as a loop does, and the same net's inference."""

    def __init__(self, module: nn.Module, x: Tensor, optimizer: torch.optim.Optimizer | None = None) -> None:
        self.module = module
        self.x = x
        self.optimizer = optimizer
        self.outputs: list[Tensor] = []

    def train(self) -> None:
        self.outputs = values(self.module.train()(self.x))
        loss: Any = Loss.apply(*self.outputs)
        loss.backward()
        if self.optimizer is not None:
            self.optimizer.step()

    def infer(self) -> None:
        with torch.no_grad():
            self.outputs = values(self.module.eval()(self.x))

    def forget(self, *, gradients: bool) -> None:
        """Between two steps: outputs, and gradients or only what they are."""
        self.outputs = []
        self.module.zero_grad(set_to_none=gradients)
