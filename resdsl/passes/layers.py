"""What passes ask of convolutions, linear layers and pools, and of the places where they stand."""

from __future__ import annotations

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.avgpool import Avgpool
from resdsl.ops.base import Operator
from resdsl.ops.conv import Conv
from resdsl.ops.geometry import Geometry, geometry
from resdsl.ops.linear import Linear
from resdsl.shapes import Shape


def geometry_of(op: Conv, x: Shape) -> Geometry:
    """Kernel, stride, dilation and pads of a convolution of `x`, axis by axis."""
    return geometry(x.dims, op.k, op.stride, op.pad, op.dilation)


def is_pointwise(op: Operator, x: Shape) -> bool:
    """Whether it is one linear map of the channels at every position: a 1x1 convolution or a linear layer."""
    if isinstance(op, Linear):
        return True
    if not isinstance(op, Conv):
        return False
    window = geometry_of(op, x)
    return {*window.k, *window.stride} == {1} and not any(map(any, window.pads))


def has_bias(op: Conv | Linear) -> bool:
    """Whether it has one; `bias=0` is one that begins as 0."""
    return op.bias is not False


def counts_padding(op: Avgpool, x: Shape) -> bool:
    """Whether zeros beyond the edge are part of some mean."""
    if op.k is None or not op.count_pad:
        return False
    stride = op.k if op.stride is None else op.stride
    return any(map(any, geometry(x.dims, op.k, stride, op.pad).pads))


def apart(draft: Draft, source: Node, node: Node) -> str:
    """Why a step and the one whose value it reads cannot be rewritten together; `""` if they can be."""
    if draft.only_user(source) is not node:
        return f"{source.path} has other uses"
    if draft.is_shared(source) or draft.is_shared(node):
        return f"it is shared, or {source.path} is"
    if closed_scopes(source) != closed_scopes(node):
        return f"{source.path} does not stand in the same dropped branch or auxiliary head"
    return ""


def closed_scopes(node: Node) -> set[Scope]:
    """The scopes around it whose values may not be used outside: dropped branches, auxiliary heads, shared modules."""
    closed = (ScopeKind.AUX, ScopeKind.SHARED)
    return {above for above in node.scope.ancestors() if above.survival is not None or above.kind in closed}
