"""The graph of a model: the only place that knows NetworkX."""

from resdsl.graph.model import AuxOutput, Graph, Node, Output, Scope, ScopeKind, Survival

__all__ = ["AuxOutput", "Graph", "Node", "Output", "Scope", "ScopeKind", "Survival"]
