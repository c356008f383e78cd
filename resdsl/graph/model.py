"""The graph: what every later stage shares.

Nodes are applications of operators, edges carry values (edge key = operand port), and the tree of scopes
keeps the structure that the text had. This is a typed face over a `networkx.MultiDiGraph` (a plain `DiGraph` silently
loses one edge of `add(x, x)`), and this package the only place that knows NetworkX.

Two trees meet here:

* **Structure**: every construct of the text that was executed is a `Scope` (a block call, a stage, a residual, its
  branches, a repeat and each of its iterations, braces under a label, ...). `Scope.items` lists its nodes and child
  scopes in the order of execution.
* **Names**: some scopes own a name in the `state_dict` (`Scope.name` is not `None`); the others are
  transparent. The key of a node is the names of its naming scopes, joined by dots, and its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from resdsl.diagnostics import Diagnostic, Frame
from resdsl.ops.base import Operator, Weight
from resdsl.records import Record
from resdsl.shapes import Shape
from resdsl.source import Span

if TYPE_CHECKING:
    import networkx as nx

    MultiDiGraph = nx.MultiDiGraph[int]


class ScopeKind(Enum):
    """Which construct of the text a scope is. `names` says whether it may own a name."""

    MODEL = "model"
    BLOCK = "block"  # a block call (also one that stands as a shortcut: then its parent is SHORTCUT)
    STAGE = "stage"
    REGION = "region"  # transparent
    LABEL = "label"  # braces, a merge, a residual or a repeat under a label, or `x[]: step`
    PATH = "path"  # the containers that a quoted path `"a.b"` names: entered several times, never called
    REPEAT = "repeat"
    ITERATION = "iteration"
    RESIDUAL = "residual"
    MAIN = "main"  # the braces of a residual
    SHORTCUT = "shortcut"
    GATE = "gate"
    CARRY = "carry"
    DENSE = "dense"
    MERGE = "merge"
    BRANCH = "branch"
    AUX = "aux"
    SHARED = "shared"  # one use of a `shared` declaration
    BRACES = "braces"


class Survival(Record):
    """The probability that a residual unit's branch is executed in training, and how."""

    chance: Fraction
    per: str = "batch"
    """`batch`: one draw a step, and a branch that does not survive is not computed. `sample`: one an input."""
    rescale: str = "test"
    """`test`: the branch times `chance` in eval (the paper). `train`: divided by it in training."""


@dataclass(eq=False, slots=True)
class Scope:
    """One executed construct. Identity is the object."""

    kind: ScopeKind
    parent: Scope | None
    span: Span
    name: str | None = None
    """Its name in the enclosing naming scope (never a path), or `None` if it is transparent."""
    numbered: bool = False
    """Whether its steps are named by place (`0`, `1`, ...)."""
    title: str | None = None
    """What a person calls it: the name of a stage, region or model, the label, the block's own name."""
    site: Span | None = None
    """The definition it is an execution of: the block's definition for BLOCK and MODEL, the construct's own
    text otherwise. Scopes with equal sites become one generated class where their structure agrees."""
    arguments: dict[str, object] = field(default_factory=dict)
    """For BLOCK and MODEL: plain values (int, Fraction, bool, str, tuples) of parameters and of the `let`s of
    its body, in order of binding."""
    items: list[Scope | int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    """Node of the current value on entry (empty for MODEL and for scopes that begin with `from`)."""
    outputs: list[int] = field(default_factory=list)
    """Node of the value it results in: one, or several for a block with `output a, b`."""
    alias_of: Scope | None = None
    """For a later use of a `shared` block or braces (SHARED): the scope of its first use, whose weights it has."""
    survival: Survival | None = None
    """For RESIDUAL: set where the branch may be dropped (chance below 1)."""
    count: int | None = None
    """For REPEAT: how often."""
    home: Scope | None = None
    """For SHARED: the naming scope of the declaration, below which its weights are named, wherever it is used."""
    rewritten: bool = False
    """For BLOCK: whether a pass made something else of it, so that its definition's comment is not true of it."""

    @property
    def naming(self) -> Scope:
        """The nearest scope from here upwards that owns a name (the model's does)."""
        scope = self
        while scope.name is None and (above := scope.home or scope.parent) is not None:
            scope = above
        return scope

    @property
    def path(self) -> str:
        """Dotted names from the model's root, `""` for the root itself."""
        names = []
        scope: Scope | None = self
        while scope is not None:
            if scope.name:
                names.append(scope.name)
            scope = scope.home or scope.parent
        return ".".join(reversed(names))

    def ancestors(self) -> Iterator[Scope]:
        """This scope, its parent, and so on up to the model's."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def walk(self) -> Iterator[Scope]:
        """This scope and all below it, in order of execution."""
        stack = [self]
        while stack:
            scope = stack.pop()
            yield scope
            stack.extend(item for item in reversed(scope.items) if isinstance(item, Scope))

    def nodes(self) -> Iterator[int]:
        """Nodes in it and below, in order of execution."""
        stack: list[Scope | int] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, Scope):
                stack.extend(reversed(item.items))
            else:
                yield item


@dataclass(eq=False, slots=True)
class Node:
    """One application of an operator."""

    id: int
    op: Operator
    operands: tuple[int, ...]
    shape: Shape
    stride: tuple[Fraction, ...]
    """Total stride from the model's input, for each axis of the output."""
    scope: Scope
    """The scope (naming or not) in whose `items` it stands."""
    name: str | None
    """Its name in `scope.naming`; `None` for inputs and for what merges and residuals are made of."""
    span: Span
    trace: tuple[Frame, ...] = ()
    alias_of: int | None = None
    """For a later use of a `shared` operator: the node of its first use, whose weights it has."""
    kept: str | None = None
    """The name that `keep` first gave its value, for readable variables."""

    @property
    def path(self) -> str:
        """The module path: its key in the `state_dict`, without the weight's name."""
        above = self.scope.path
        return f"{above}.{self.name}" if above and self.name else self.name or above


class Output(Record):
    """A value that the model returns. `name` is `None` for the only, unnamed one."""

    name: str | None
    node: int


class AuxOutput(Record):
    """An auxiliary output, computed in training only; `weight` is that of its loss, if the text says."""

    name: str
    node: int
    weight: Fraction | None
    scope: Scope


class Graph:
    """A model, elaborated: nodes, scopes, inputs, outputs, residual units."""

    def __init__(self, name: str, root: Scope, header: str = "") -> None:
        self.name = name
        self.header = header
        """The comment at the top of the spec: what it is and its paper."""
        self.root = root
        self.inputs: list[int] = []
        self.outputs: list[Output] = []
        self.aux: list[AuxOutput] = []
        self.units: list[Scope] = []
        """Innermost residual units (RESIDUAL scopes, gated ones included), in order of execution."""
        self.faults: tuple[Diagnostic, ...] = ()
        """What is wrong with its text; there are any only where it was asked for all the same, for a picture."""
        self._nodes: list[Node] = []
        self._uses: list[list[int]] = []
        self._nx: MultiDiGraph | None = None

    @property
    def nx(self) -> MultiDiGraph:
        """The NetworkX graph: node ids with the attribute `node`, an edge for each operand, keyed by its port.

        It is made when first asked for and grows with the graph from then on: a check of a spec does without, and
        importing NetworkX would be a quarter of its time.
        """
        if self._nx is None:
            import networkx as nx

            self._nx = nx.MultiDiGraph()
            for node in self._nodes:
                self._link(self._nx, node)
        return self._nx

    @staticmethod
    def _link(store: MultiDiGraph, node: Node) -> None:
        store.add_node(node.id, node=node)
        for port, operand in enumerate(node.operands):
            store.add_edge(operand, node.id, key=port)

    def add(
        self,
        op: Operator,
        operands: tuple[int, ...],
        shape: Shape,
        stride: tuple[Fraction, ...],
        scope: Scope,
        name: str | None,
        span: Span,
        trace: tuple[Frame, ...] = (),
    ) -> Node:
        """A new node at the end of `scope`; its id is its place in the order of execution, from 0."""
        node = Node(len(self._nodes), op, operands, shape, stride, scope, name, span, trace)
        self._nodes.append(node)
        self._uses.append([])
        for operand in operands:
            self._uses[operand].append(node.id)
        if self._nx is not None:
            self._link(self._nx, node)
        scope.items.append(node.id)
        return node

    def node(self, id_: int) -> Node:
        return self._nodes[id_]

    def __len__(self) -> int:
        return len(self._nodes)

    def nodes(self) -> Iterator[Node]:
        """All nodes in order of execution."""
        return iter(self._nodes)

    def consumers(self, id_: int) -> list[Node]:
        """The nodes that use a value, once for each use, in order."""
        return [self._nodes[user] for user in self._uses[id_]]

    def shapes(self, node: Node) -> tuple[Shape, ...]:
        """Shapes of a node's operands."""
        return tuple(self.node(operand).shape for operand in node.operands)

    def weights(self) -> Iterator[tuple[str, Weight, Node]]:
        """Every tensor of the `state_dict` once: its full key, what it is, and the node it belongs to."""
        for node in self.nodes():
            if node.alias_of is None and not any(s.alias_of for s in node.scope.ancestors()):
                for weight in node.op.weights(self.shapes(node)):
                    yield f"{node.path}.{weight.name}" if weight.name else node.path, weight, node
