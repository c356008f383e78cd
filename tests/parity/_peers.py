"""The libraries that specs are compared with, importable beside a CPU build of PyTorch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import torch
from torch import nn

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


def pytorchcv_model(name: str, **options: object) -> nn.Module:
    """A model of pytorchcv with random weights; its last pool takes maps of any size.

    Where the map has the published size, that pool is global: an average over 7x7 or 8x8 positions.
    """
    torchvision_models()
    build: Callable[..., nn.Module] = importlib.import_module("pytorchcv.model_provider").get_model
    module = build(name, pretrained=False, **options)
    features = module.get_submodule("features")
    if isinstance(getattr(features, "final_pool", None), nn.AvgPool2d):
        features.final_pool = nn.AdaptiveAvgPool2d(1)
    return module


def timm_model(name: str, **options: object) -> nn.Module:
    """A model of timm with random weights."""
    torchvision_models()
    build: Callable[..., nn.Module] = importlib.import_module("timm").create_model
    return build(name, pretrained=False, **options)
