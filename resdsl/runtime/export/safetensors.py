"""Weights in the model's own names, with what they are the weights of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from resdsl.analysis.metrics import metrics
from resdsl.diagnostics import InternalError
from resdsl.graph import Graph
from resdsl.runtime.export.preparing import described
from resdsl.runtime.weights.files import SAFETENSORS, encode

if TYPE_CHECKING:
    from torch import Tensor, nn

_LENGTH = 8  # bytes of the number before the header, and what the header's length is a multiple of


def safetensors_file(graph: Graph, module: nn.Module) -> bytes:
    """The module's `state_dict` as a safetensors file, whose metadata name the model and its figures.

    Read back and compared before it is returned, bit by bit. Raises `InternalError` if they differ.
    """
    state = module.state_dict()
    data = _noted(encode(state, SAFETENSORS), {"format": "pt", **figures(graph)})
    _compare(data, state)
    return data


def figures(graph: Graph) -> dict[str, str]:
    """What the file says of the model."""
    total = metrics(graph)
    facts = {key: value for key, value in described(graph, "dynamic").items() if key != "batch"}
    return {**facts, "params": str(total.params), "macs": str(total.macs), "depth": str(total.depth)}


def _noted(data: bytes, notes: dict[str, str]) -> bytes:
    """The file with other metadata, in their order: the library writes them in a new one each time."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    header = json.loads(data[_LENGTH:end])
    text = json.dumps({**header, "__metadata__": notes}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH)
    return len(text).to_bytes(_LENGTH, "little") + text + data[end:]


def _compare(data: bytes, state: dict[str, Tensor]) -> None:
    import torch
    from safetensors.torch import load

    found = load(data)
    if found.keys() != state.keys():
        raise InternalError("the file of weights does not have the module's names")
    for key, tensor in state.items():
        same = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        if found[key].shape != tensor.shape or not torch.equal(found[key].reshape(-1).view(torch.uint8), same):
            raise InternalError(f"the file of weights has another {key}")
