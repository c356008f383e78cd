"""The proof that a compiled file works: built, its weights those of the graph, run forward and backward."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from resdsl.diagnostics import InternalError
from resdsl.graph import Graph
from resdsl.runtime.generated import model_class

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Verification:
    """What was done: on which device, and the output's shape for a batch of 2."""

    device: str
    output: tuple[int, ...]

    def __str__(self) -> str:
        return f"forward and backward on {self.device}"


def best_device() -> torch.device:
    """CUDA where it is there, otherwise the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def verify(graph: Graph, source: str) -> Verification:
    """Builds the module, compares its weights with the graph's, runs a forward and a backward step (batch 2).

    Raises `InternalError` on any difference: the fault is the compiler's, never the spec's; and `MemoryError` for a net
    that the machine has no room for.
    """
    import torch

    device = best_device()
    needed, there = memory_needed(graph), memory_there(device)
    if needed > there:
        raise MemoryError(
            f"a training step of this net takes about {needed / 1e9:,.0f} GB of memory, of {there / 1e9:,.0f}; "
            "--no-verify compiles it without one"
        )
    with torch.device(device):
        module = model_class(source)()
    check_weights(graph, module)
    inputs = [torch.randn(2, *graph.node(id_).shape.full, device=device) for id_ in graph.inputs]
    module.train()
    outputs = tensors(module(*inputs))
    expected = [graph.node(o.node).shape.full for o in graph.outputs]
    expected += [graph.node(a.node).shape.full for a in graph.aux]
    found = [tuple(t.shape[1:]) for t in outputs]
    if found != expected:
        raise InternalError(f"the module returns {found}, the graph says {expected}")
    total = sum((t.float().mean() for t in outputs), torch.zeros((), device=device))
    if total.requires_grad:
        torch.autograd.backward(total)
    return Verification(str(device), tuple(outputs[0].shape))


def memory_needed(graph: Graph) -> int:
    """About what a training step takes, in bytes: each weight and each value of two inputs, and their gradients."""
    weights = sum(prod(weight.shape) for _, weight, _ in graph.weights())
    values = sum(prod(node.shape.full) for node in graph.nodes())
    return 8 * weights + 16 * values


def memory_there(device: torch.device) -> int:
    """What a device has in all, in bytes; more than anything needs where the system does not tell."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 62


def check_weights(graph: Graph, module: nn.Module) -> None:
    """`InternalError` unless the module's `state_dict` has exactly the graph's keys and shapes."""
    said = {key.removesuffix("."): weight.shape for key, weight, _ in graph.weights()}
    has = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    if said != has:
        missing, extra = sorted(said.keys() - has.keys()), sorted(has.keys() - said.keys())
        other = sorted(k for k in said.keys() & has.keys() if said[k] != has[k])
        raise InternalError(f"weights differ: missing {missing[:3]}, unexpected {extra[:3]}, other shapes {other[:3]}")


def tensors(result: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a model returned, as a tuple."""
    return result if isinstance(result, tuple) else (result,)
