"""ONNX: models that ONNX Runtime and other engines run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.graph import Graph
from resdsl.runtime.export.preparing import (
    Batch,
    at_work,
    described,
    input_names,
    needed,
    output_names,
    trace,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

LARGEST = 2_000_000_000
"""Bytes of weights that one file holds: protocol buffers end at 2 GiB."""


def onnx_model(graph: Graph, module: nn.Module, batch: Batch = "dynamic") -> bytes:
    """The module in eval as an ONNX model, checked by `onnx.checker`, with its weights inside.

    Inputs and outputs are called what the spec calls them; a dynamic batch axis is called `batch`. Raises
    `PackageMissingError`, `InternalError`, and `OSError` if the weights are more than `LARGEST`: then see `onnx_files`.
    """
    files = onnx_files(graph, module, batch, graph.name)
    if len(files) > 1:
        raise OSError(
            f"the weights of {graph.name} take more than {LARGEST:,} bytes, which is what one ONNX file holds"
        )
    return files[graph.name]


def onnx_files(graph: Graph, module: nn.Module, batch: Batch, name: str, largest: int = LARGEST) -> dict[str, bytes]:
    """The files of an ONNX model, by name: one, or if its weights are more than `largest` another, `NAME.data`.

    Raises as `onnx_model` does.
    """
    checker, ir = needed("onnx").checker, needed("onnxscript").ir
    model = _model(graph, module, batch)
    weights = sum(tensor.nbytes for tensor in module.state_dict().values())
    with at_work("ONNX"):
        if weights <= largest:
            proto = ir.to_proto(model)
            checker.check_model(proto, full_check=True)
            return {name: proto.SerializeToString(deterministic=True)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            ir.save(model, path, external_data=f"{name}.data")
            checker.check_model(str(path), full_check=True)
            return {file: Path(folder, file).read_bytes() for file in (name, f"{name}.data")}


def _model(graph: Graph, module: nn.Module, batch: Batch) -> Any:
    """The model as `onnx_ir` has it, with our names, and nothing of the machine it was made on."""
    import torch

    needed("onnxscript")
    program = trace(graph, module, batch)
    with at_work("torch.onnx"):
        made = torch.onnx.export(program, dynamo=True, verbose=False, external_data=False)
    assert made is not None
    model: Any = made.model  # onnx_ir's types come with the extra
    _name(graph, model)
    _tidy(model, str(model.graph.inputs[0].shape[0]) if batch == "dynamic" else None)
    model.graph.name = graph.name
    model.producer_name, model.producer_version = "resdsl", described(graph, batch)["resdsl"]
    model.metadata_props.update(described(graph, batch))
    return model


def _name(graph: Graph, model: Any) -> None:
    """Calls inputs and outputs what the spec does, and no other value so: the exporter's own names may be the same."""
    names = dict(zip(model.graph.inputs, input_names(graph), strict=True))
    names |= zip(model.graph.outputs, output_names(graph), strict=True)
    taken = set(names.values())
    inner = [value for node in model.graph for value in node.outputs if value not in names]
    for number, value in enumerate(inner):
        if value.name in taken:
            value.name = f"value.{number}"  # no name of the exporter's has a dot and a number, nor one of ours
    for value, name in names.items():
        value.name = name


def _tidy(model: Any, symbol: str | None) -> None:
    """Drops the exporter's notes, which have the paths of files, and gives the batch axis our name."""
    model.metadata_props.clear()
    values = list(model.graph.inputs)
    for node in model.graph:
        node.metadata_props.clear()
        values += node.outputs
    for value in values:
        value.metadata_props.clear()
        for axis, size in enumerate(value.shape or ()):
            if str(size) == symbol:
                value.shape[axis] = "batch"


class OnnxSession:
    """An ONNX model in ONNX Runtime on the CPU: called with tensors, returns one, or a tuple of several.

    It runs with as many threads as PyTorch does when it is made.
    """

    def __init__(self, model: bytes | Path) -> None:
        import torch

        runtime = needed("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        given = model if isinstance(model, bytes) else str(model)
        with at_work("ONNX Runtime"):
            self._session = runtime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
        self._names = [value.name for value in self._session.get_inputs()]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> OnnxSession:
        """Of what `onnx_files` returns."""
        name, *others = files
        if not others:
            return cls(files[name])
        with tempfile.TemporaryDirectory() as folder:
            for file, data in files.items():
                Path(folder, file).write_bytes(data)
            return cls(Path(folder, name))

    def __call__(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        import torch

        feed = {name: x.detach().cpu().numpy() for name, x in zip(self._names, inputs, strict=True)}
        outputs = tuple(map(torch.from_numpy, self._session.run(None, feed)))
        return outputs if len(outputs) > 1 else outputs[0]
