"""Weights between a net's names and others': into a module, or as the bytes of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping as Dictionary
from typing import TYPE_CHECKING

from resdsl.diagnostics import WeightsError
from resdsl.graph.model import Graph
from resdsl.runtime.weights.files import Checkpoint, encode
from resdsl.runtime.weights.finding import find_mapping
from resdsl.runtime.weights.layout import Layout, graph_layout, layout
from resdsl.runtime.weights.mapping import Mapping
from resdsl.runtime.weights.moving import checkpoint_of, fill, layout_of, saved

if TYPE_CHECKING:
    from torch import Tensor, nn


def transplant(
    source: object,
    target: nn.Module | Graph,
    *,
    graph: Graph | None = None,
    mapping: Mapping | str | os.PathLike[str] | None = None,
    pins: Dictionary[str, str] | None = None,
    reshape: bool = False,
) -> Mapping:
    """`resdsl.transplant`, with graphs for the architectures. Raises as it does."""
    if isinstance(target, Graph):
        wanted = graph_layout(target)
    else:
        shapes = {key: tuple(tensor.shape) for key, tensor in target.state_dict().items()}
        wanted = graph_layout(graph) if graph else layout(f"the module {type(target).__name__}", shapes)
        if wanted.shapes != shapes:
            raise WeightsError(f"the module {type(target).__name__} is not of {wanted.what}")
    found, state = _moved(checkpoint_of(source), wanted, mapping, pins, reshape)
    if not isinstance(target, Graph):
        fill(target, state)
    return found


def state_of(graph: Graph, source: object) -> tuple[Mapping, dict[str, Tensor]]:
    """A checkpoint from elsewhere in the model's own names. Sources and errors as in `resdsl.transplant`."""
    return _moved(checkpoint_of(source), graph_layout(graph), None, None, reshape=False)


def import_weights(
    graph: Graph,
    source: str | os.PathLike[str],
    suffix: str = ".safetensors",
    *,
    mapping: str | os.PathLike[str] | None = None,
    pins: Dictionary[str, str] | None = None,
    reshape: bool = False,
) -> tuple[Mapping, bytes]:
    """A checkpoint from elsewhere as the bytes of one in the model's own names.

    Sources and errors as in `resdsl.transplant`.
    """
    found, state = _moved(checkpoint_of(source), graph_layout(graph), mapping, pins, reshape)
    return found, encode(state, suffix)


def export_weights(
    graph: Graph,
    source: str | os.PathLike[str],
    to: str,
    suffix: str = ".safetensors",
    *,
    pins: Dictionary[str, str] | None = None,
    reshape: bool = False,
) -> tuple[Mapping, bytes]:
    """A checkpoint in the model's own names as the bytes of one in another layout's.

    `to` is the file of a saved mapping (.json), a checkpoint that has the layout, or `torchvision:NAME` (timm,
    pytorchcv), whose network is built without memory and not downloaded. Raises as `resdsl.transplant` does.
    """
    found = layout_of(to, graph_layout(graph), reshape=reshape, pins=pins)
    return found, encode(found.revert(checkpoint_of(source).tensors), suffix)


def _moved(
    given: Checkpoint,
    wanted: Layout,
    mapping: Mapping | str | os.PathLike[str] | None,
    pins: Dictionary[str, str] | None,
    reshape: bool,
) -> tuple[Mapping, dict[str, Tensor]]:
    """A mapping, found or given, and the tensors in the model's names."""
    if mapping is None:
        found = find_mapping(given.layout(), wanted, reshape=reshape, pins=pins)
    elif isinstance(mapping, str | os.PathLike):
        found = saved(mapping, wanted)
    else:
        mapping.fits(wanted.shapes)
        found = mapping
    return found, found.apply(given.tensors)
