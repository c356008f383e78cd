"""Pre-activation units: what two rules ask of a residual unit."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Role
from resdsl.records import Unique

_LAYERS = frozenset({Role.CONV, Role.LINEAR})


class PreActivation(Unique):
    """A unit whose branch activates its input before the first layer (He et al., arXiv:1603.05027, figure 4)."""

    scope: Scope
    source: int
    """The node that it begins with."""
    addition: Node
    normalised: bool
    """Whether its branch begins with a normalisation."""
    bare: bool
    """Whether its shortcut is the identity."""


def pre_activation_units(graph: Graph) -> Iterator[PreActivation]:
    """The units of a net that are of that kind, in order of execution."""
    for scope in graph.units:
        unit = _read(graph, scope)
        if unit is not None:
            yield unit


def _read(graph: Graph, scope: Scope) -> PreActivation | None:
    last = scope.items[-1]
    main = scope.items[0]
    if isinstance(last, Scope) or not isinstance(main, Scope) or not scope.inputs:
        return None
    roles: list[Role] = []
    for node in main.nodes():
        role = graph.node(node).op.role
        if role in _LAYERS:
            break
        roles.append(role)
    else:
        return None  # no layer at all
    if Role.ACTIVATION not in roles:
        return None
    shortcut = next((item for item in scope.items if isinstance(item, Scope) and item.kind is ScopeKind.SHORTCUT), None)
    bare = shortcut is not None and not shortcut.items
    return PreActivation(scope, scope.inputs[0], graph.node(last), roles[0] is Role.NORM, bare)
