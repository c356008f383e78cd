"""What every export begins with: a module in eval with plain outputs, names, inputs, and exporters that keep quiet."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from resdsl.diagnostics import InternalError
from resdsl.graph import Graph

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Batch = int | Literal["dynamic"]
"""How many inputs a call of an export takes: so many, or any number from 1 on."""

PROBES = (1, 3)
"""Batch sizes at which an export that takes any is compared. None of them is the one it was traced with."""

_TRACED = 2


class PackageMissingError(OSError):
    """Something that an export needs is not installed. The message says what, and how it gets there."""


def needed(package: str) -> Any:
    """A package of the extra `onnx`. Raises `PackageMissingError`."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise PackageMissingError(
            f"an ONNX export needs the package {package} ({error}): pip install 'resdsl[onnx]'"
        ) from error


def probes(batch: Batch) -> tuple[int, ...]:
    """The batch sizes at which an export is compared with its module."""
    return PROBES if batch == "dynamic" else (batch,)


def input_names(graph: Graph) -> list[str]:
    """As the spec calls its inputs; `input` is the unnamed one."""
    return _names(graph)[: len(graph.inputs)]


def output_names(graph: Graph) -> list[str]:
    """As the spec calls its outputs; `output` is the unnamed one."""
    return _names(graph)[len(graph.inputs) :]


def _names(graph: Graph) -> list[str]:
    """Of inputs and outputs; one that an input before or a tensor of the `state_dict` has gets an underscore."""
    taken = {key.removesuffix(".") for key, _, _ in graph.weights()}
    names: list[str] = []
    for wanted in [
        *(graph.node(id_).kept or "input" for id_ in graph.inputs),
        *(output.name or "output" for output in graph.outputs),
    ]:
        name = wanted
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def described(graph: Graph, batch: Batch) -> dict[str, str]:
    """What an export says of itself: who made it of which model, and what goes in and comes out for each input."""
    from resdsl import __version__

    inputs = zip(input_names(graph), (graph.node(id_).shape for id_ in graph.inputs), strict=True)
    outputs = zip(output_names(graph), (graph.node(output.node).shape for output in graph.outputs), strict=True)
    return {
        "resdsl": __version__,
        "model": graph.name,
        "inputs": ", ".join(f"{name} {shape}" for name, shape in inputs),
        "outputs": ", ".join(f"{name} {shape}" for name, shape in outputs),
        "batch": str(batch),
    }


def inputs_of(graph: Graph, module: nn.Module, batch: int) -> tuple[Tensor, ...]:
    """Normal random inputs for a module of the graph, always the same, in its type and where it stands."""
    import torch

    weight = next((p for p in module.parameters() if p.is_floating_point()), torch.empty(0))
    generator = torch.Generator().manual_seed(0)
    shapes = [graph.node(id_).shape.full for id_ in graph.inputs]
    return tuple(torch.randn(batch, *shape, generator=generator).to(weight) for shape in shapes)


@contextmanager
def plain(module: nn.Module) -> Iterator[None]:
    """The module in eval, without gradients, and with a plain tuple where it returns a named one: the class of that
    is known where its source is, and nowhere else. Afterwards it is as it was."""
    import torch

    modes = [(part, part.training) for part in module.modules()]
    hook = module.register_forward_hook(_plain)
    try:
        with torch.no_grad():
            yield
    finally:
        hook.remove()
        for part, mode in modes:
            part.training = mode


def _plain(module: nn.Module, inputs: object, outputs: Any) -> Any:  # noqa: ARG001 - what a hook is given
    return tuple(outputs) if isinstance(outputs, tuple) else outputs


def trace(graph: Graph, module: nn.Module, batch: Batch) -> torch.export.ExportedProgram:
    """The module in eval as PyTorch's own graph, without the places in files that made it.

    Weights are the module's own, not copies. Raises `InternalError` if it cannot be traced.
    """
    from torch import export

    given = inputs_of(graph, module, _TRACED if batch == "dynamic" else batch)
    axes = tuple({0: export.Dim("batch", min=1)} for _ in given) if batch == "dynamic" else None
    with plain(module), at_work("torch.export"):
        module.eval()
        program = export.export(module, given, dynamic_shapes=axes, strict=False)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


@contextmanager
def at_work(tool: str) -> Iterator[None]:
    """Runs a tool that is not ours: its warnings and logs are dropped, its faults become an `InternalError`."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InternalError, OSError, MemoryError):
        raise
    except Exception as error:  # the tools raise exceptions of all kinds
        reason = next(iter(str(error).strip().splitlines()), "")
        raise InternalError(f"{tool} failed: {type(error).__name__}: {reason}") from error
    finally:
        logging.disable(before)
