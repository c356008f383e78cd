"""The libraries that specs are compared with, importable beside a CPU build of PyTorch."""

from __future__ import annotations

import importlib
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_library: list[torch.library.Library] = []  # a definition lives as long as its library


def torchvision_models() -> ModuleType:
    """`torchvision.models`.

    torchvision registers fake kernels for its compiled operators at import, which fails where those are not there (a
    torchvision built for another PyTorch). Its models need none of them, so their schemas are declared first.
    """
    if not _library:
        _library.append(torch.library.Library("torchvision", "FRAGMENT"))
        for schema in _SCHEMAS:
            if not hasattr(torch.ops.torchvision, schema.split("(")[0]):
                _library[0].define(schema)
    return importlib.import_module("torchvision.models")
