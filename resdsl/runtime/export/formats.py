"""From a module to the files of an export, compared with the module before anyone sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from resdsl.graph import Graph
from resdsl.runtime.export.aoti import AotiRunner, aoti_package
from resdsl.runtime.export.comparing import Comparison, Runner, compare
from resdsl.runtime.export.onnx import OnnxSession, onnx_files
from resdsl.runtime.export.preparing import Batch, needed, probes
from resdsl.runtime.export.pt2 import load_program, pt2_program
from resdsl.runtime.export.safetensors import safetensors_file

if TYPE_CHECKING:
    from torch import nn

Format = Literal["onnx", "pt2", "aoti", "safetensors"]
FORMATS: tuple[Format, ...] = get_args(Format)

SUFFIXES: dict[Format, str] = {"onnx": ".onnx", "pt2": ".pt2", "aoti": ".pt2", "safetensors": ".safetensors"}
"""What the name of a file ends in; PyTorch insists on it."""

BATCHES: dict[Format, Batch] = {"onnx": "dynamic", "pt2": "dynamic", "aoti": 1}
"""How many inputs a call takes unless another number is asked for. Weights have no batch."""


@dataclass(frozen=True)
class Exported:
    """An export that was compared with its module."""

    format: Format
    files: dict[str, bytes]
    """By name: one, and for an ONNX model of more than 2 GB another with its weights."""
    batch: Batch | None
    comparison: Comparison | None
    """With the module; of weights, every tensor was compared instead."""

    def __str__(self) -> str:
        if self.batch is None:
            return "every tensor read back and equal"
        takes = "any batch" if self.batch == "dynamic" else f"batch {self.batch} alone"
        tried = " and ".join(map(str, probes(self.batch)))
        return f"{takes}; run at batch {tried} and compared with the module: {self.comparison}"


def export(graph: Graph, module: nn.Module, to: Format, name: str, batch: Batch | None = None) -> Exported:
    """The files of a module of the graph in one format, loaded, run and compared with it.

    `name` is what the first file is to be called. Raises `InternalError` if something differs or cannot be exported,
    `WeightsError` if the module's outputs are not finite, `PackageMissingError` if something is not installed.
    """
    if to == "safetensors":
        return Exported(to, {name: safetensors_file(graph, module)}, None, None)
    batch = BATCHES[to] if batch is None else batch
    files, runner = _made(graph, module, to, name, batch)
    return Exported(to, files, batch, compare(runner, graph, module, batch))


def _made(graph: Graph, module: nn.Module, to: Format, name: str, batch: Batch) -> tuple[dict[str, bytes], Runner]:
    if to == "onnx":
        needed("onnxruntime")  # first, for the work may take minutes
        files = onnx_files(graph, module, batch, name)
        return files, OnnxSession.of(files)
    if to == "pt2":
        data = pt2_program(graph, module, batch)
        return {name: data}, load_program(data)
    data = aoti_package(graph, module, batch, any_threads=True)
    return {name: data}, AotiRunner(data)
