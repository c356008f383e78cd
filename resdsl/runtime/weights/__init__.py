"""Weights from elsewhere: checkpoints in other names, brought into a model by an explicit mapping."""

from resdsl.runtime.weights.files import Checkpoint, encode, read, refuse_suffix
from resdsl.runtime.weights.finding import find_mapping
from resdsl.runtime.weights.layout import Layout, graph_layout, layout
from resdsl.runtime.weights.mapping import Mapping, Pair
from resdsl.runtime.weights.moving import checkpoint_of, fill, layout_of, saved

__all__ = [
    "Checkpoint",
    "Layout",
    "Mapping",
    "Pair",
    "checkpoint_of",
    "encode",
    "fill",
    "find_mapping",
    "graph_layout",
    "layout",
    "layout_of",
    "read",
    "refuse_suffix",
    "saved",
]
