"""What a pass is: a rewrite of a graph, with the conditions under which it holds and the way of every weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from resdsl.graph import Graph, Node
from resdsl.graph.draft import Draft
from resdsl.ops.base import Operator
from resdsl.passes.formulas import Formula, Given
from resdsl.records import Record


class Remark(Record):
    """What a pass says of one place."""

    place: str
    what: str
    by: str
    """The pass's name."""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class Change(Remark):
    """One thing that a pass did: where, and what."""


class Refusal(Remark):
    """A place that looks like one for the pass, and the condition that does not hold there."""


class Rewritten(Record):
    """A graph after passes, and how each of its weights follows from those it had before."""

    graph: Graph
    weights: dict[str, Formula]
    """By the keys of the new graph, all of them, in its order."""
    changes: tuple[Change, ...]
    refused: tuple[Refusal, ...]

    def then(self, later: Rewritten) -> Rewritten:
        """This and what was made of its graph, as one."""
        weights = {key: formula.replaced(self.weights.__getitem__) for key, formula in later.weights.items()}
        return Rewritten(later.graph, weights, self.changes + later.changes, self.refused + later.refused)


class Rewriter:
    """A graph in the hands of a pass: the draft, the formulas of its weights, and the record of what is done."""

    def __init__(self, graph: Graph, by: str = "") -> None:
        self.draft = Draft(graph)
        self.by = by
        self.changes: list[Change] = []
        self.refused: list[Refusal] = []
        self._formulas: dict[int, dict[str, Formula]] = {}
        for key, weight, node in graph.weights():
            self._formulas.setdefault(node.id, {})[weight.name] = Given(key)

    def weight(self, node: Node, name: str) -> Formula:
        """The formula of one weight of a node; `""` is the name of a bare parameter. `KeyError` if it has none."""
        return self._formulas[node.id][name]

    def weights(self, node: Node) -> dict[str, Formula]:
        """The formulas of a node's weights; empty for a later use of shared ones."""
        return dict(self._formulas.get(node.id, {}))

    def set_weights(self, node: Node, **formulas: Formula) -> None:
        """The formulas of all weights of a node, by their names, once its operator is the new one."""
        self._formulas[node.id] = dict(formulas)

    def reoperate(self, node: Node, op: Operator, **formulas: Formula) -> None:
        """Another operator in a node's place, with its weights."""
        self.draft.reoperate(node, op)
        self.set_weights(node, **formulas)

    def did(self, node: Node, what: str) -> None:
        self.changes.append(Change(place(node), what, self.by))

    def refuse(self, node: Node, why: str) -> None:
        self.refused.append(Refusal(place(node), why, self.by))

    def finish(self) -> Rewritten:
        graph, ids = self.draft.finish()
        before = {new: old for old, new in ids.items()}
        found = {key: self._formulas[before[node.id]][weight.name] for key, weight, node in graph.weights()}
        return Rewritten(graph, found, tuple(self.changes), tuple(self.refused))


class Pass(ABC):
    """One rewrite. The class's docstring says what it does, its condition and its source; `apply` does it."""

    name: ClassVar[str]
    """The file's name: what `--pass` takes."""
    summary: ClassVar[str]
    """One line."""
    trains: ClassVar[bool] = False
    """Whether the outputs are equal in training mode, too; gradients and statistics included."""

    @abstractmethod
    def apply(self, to: Rewriter) -> None:
        """Rewrites every place where the condition holds, and says of every other that looks like one why not."""


def place(node: Node) -> str:
    """Where a node is, in words: its module path, or the operator and its scope."""
    if node.name is not None:
        return node.path
    return f"{node.op.kind} in {node.scope.path or 'the model'}"
