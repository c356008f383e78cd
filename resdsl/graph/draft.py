"""A graph while it is rewritten: the same nodes and scopes, in a form that may change, and back.

`Draft(graph)` is a copy; the graph stays as it is. `finish()` leaves out what reaches no output, infers all shapes and
strides again, gives ids in the order of execution, and verifies the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from resdsl.graph.counting import counted, numbers
from resdsl.graph.model import AuxOutput, Graph, Node, Output, Scope, ScopeKind
from resdsl.graph.strides import total_stride
from resdsl.graph.verify import verify
from resdsl.ops.base import Operator
from resdsl.shapes import Shape

SKELETON = frozenset({ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.MODEL})
"""Scopes that mean something even when they are empty: a shortcut without items is the identity."""

PARTS = frozenset(
    {ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.BRANCH, ScopeKind.REPEAT, ScopeKind.ITERATION, ScopeKind.BRACES}
)
"""Scopes that a residual or a merge is made of."""

REPEATED = frozenset({ScopeKind.BRANCH, ScopeKind.REPEAT, ScopeKind.ITERATION})
"""Scopes in which branches may stand below their merge, and these themselves."""


class Draft:
    """Nodes have the ids they had, new ones further ones; ids are names here, not places in an order."""

    def __init__(self, graph: Graph) -> None:
        self.name, self.header = graph.name, graph.header
        self._scopes: dict[Scope, Scope] = {}
        self.root = self._copied(graph.root)
        for scope, copy in self._scopes.items():
            copy.alias_of = self._scopes[scope.alias_of] if scope.alias_of else None
            copy.home = self._scopes[scope.home] if scope.home else None
        self.nodes = {node.id: replace(node, scope=self._scopes[node.scope]) for node in graph.nodes()}
        self.inputs = list(graph.inputs)
        self.outputs = list(graph.outputs)
        self.aux = [AuxOutput(a.name, a.node, a.weight, self._scopes[a.scope]) for a in graph.aux]
        self.units = [self._scopes[unit] for unit in graph.units]
        self._users: dict[int, list[int]] = {id_: [] for id_ in self.nodes}
        for node in self.nodes.values():
            for operand in node.operands:
                self._users[operand].append(node.id)
        self._next = len(graph)
        self._became: dict[int, int] = {}

    def _copied(self, root: Scope) -> Scope:
        for scope in root.walk():
            parent = self._scopes[scope.parent] if scope.parent else None
            self._scopes[scope] = replace(
                scope, parent=parent, items=[], inputs=list(scope.inputs), outputs=list(scope.outputs)
            )
        for scope, copy in self._scopes.items():
            copy.items = [self._scopes[item] if isinstance(item, Scope) else item for item in scope.items]
        return self._scopes[root]

    # --- looking ---------------------------------------------------------------------------------

    def order(self) -> list[Node]:
        """All nodes in order of execution."""
        return [self.nodes[id_] for id_ in self.root.nodes()]

    def operands(self, node: Node) -> list[Node]:
        return [self.nodes[operand] for operand in node.operands]

    def shapes(self, node: Node) -> tuple[Shape, ...]:
        return tuple(operand.shape for operand in self.operands(node))

    def users(self, node: Node) -> list[Node]:
        """The nodes that use a value, once for each use."""
        return [self.nodes[user] for user in self._users[node.id]]

    def is_output(self, node: Node) -> bool:
        """Whether the model returns the value, in training or in eval."""
        return node.id in self._ends()

    def _ends(self) -> set[int]:
        return {*(output.node for output in self.outputs), *(head.node for head in self.aux)}

    def only_user(self, node: Node) -> Node | None:
        """The one node that uses a value, once; `None` where there are others, or the model returns it."""
        users = self._users[node.id]
        return self.nodes[users[0]] if len(users) == 1 and not self.is_output(node) else None

    def is_shared(self, node: Node) -> bool:
        """Whether the node's weights are, or may be, those of another one."""
        return node.alias_of is not None or any(scope.kind is ScopeKind.SHARED for scope in node.scope.ancestors())

    def needed(self, ends: Iterable[int]) -> set[int]:
        """Ids of these nodes and of all that they are computed from."""
        found = set(ends)
        for node in reversed(self.order()):
            if node.id in found:
                found.update(node.operands)
        return found

    def residual(self, node: Node) -> Scope | None:
        """The innermost residual unit whose branch may be dropped and that has the node in it."""
        return next((scope for scope in node.scope.ancestors() if scope.survival is not None), None)

    # --- changing --------------------------------------------------------------------------------

    def reoperate(self, node: Node, op: Operator) -> None:
        """Another operator in a node's place; its users' shapes follow when the draft is finished."""
        node.op = op
        node.shape = op.infer(self.shapes(node))

    def rewire(self, node: Node, operands: Iterable[Node]) -> None:
        """Other operands for a node, which precede it."""
        for operand in node.operands:
            self._users[operand].remove(node.id)
        node.operands = tuple(operand.id for operand in operands)
        for operand in node.operands:
            self._users[operand].append(node.id)

    def substitute(self, old: Node, new: Node) -> None:
        """Every use of one value becomes one of another, the model's outputs included; the node itself stays."""
        for user in self.users(old):
            user.operands = tuple(new.id if operand == old.id else operand for operand in user.operands)
        self._users[new.id] += self._users[old.id]
        self._users[old.id] = []
        self.outputs = [Output(o.name, new.id if o.node == old.id else o.node) for o in self.outputs]
        self.aux = [AuxOutput(a.name, new.id if a.node == old.id else a.node, a.weight, a.scope) for a in self.aux]
        self._became[old.id] = new.id

    def value(self, id_: int) -> Node:
        """The node that has a value now: `inputs` and `outputs` of scopes are as they were."""
        return self.nodes[self._now(id_)]

    def _now(self, id_: int) -> int:
        while id_ in self._became:
            id_ = self._became[id_]
        return id_

    def erase(self, node: Node) -> None:
        """A node without users goes."""
        assert not self._users[node.id]
        for operand in node.operands:
            self._users[operand].remove(node.id)
        node.scope.items.remove(node.id)
        del self.nodes[node.id], self._users[node.id]

    def bypass(self, node: Node) -> None:
        """A node goes, and its first operand's value takes the place of its own."""
        value = self.nodes[node.operands[0]]
        value.kept = value.kept or node.kept
        self.substitute(node, value)
        self.erase(node)

    def insert(self, op: Operator, operands: Iterable[Node], at: Node, name: str | None, *, after: bool = True) -> Node:
        """A new node beside another, in its scope; where it comes from is what the other one comes from."""
        node = self.append(op, operands, at.scope, name, like=at)
        at.scope.items.pop()
        at.scope.items.insert(at.scope.items.index(at.id) + after, node.id)
        return node

    def append(self, op: Operator, operands: Iterable[Node], scope: Scope, name: str | None, like: Node) -> Node:
        """A new node at the end of a scope; where it comes from is what `like` comes from."""
        values = tuple(operands)
        id_, self._next = self._next, self._next + 1
        shape = op.infer(tuple(value.shape for value in values))
        node = Node(id_, op, tuple(v.id for v in values), shape, like.stride, scope, name, like.span, like.trace)
        self.nodes[id_], self._users[id_] = node, []
        for value in values:
            self._users[value.id].append(id_)
        scope.items.append(id_)
        return node

    def follow(self, node: Node, op: Operator, others: Iterable[Node], scope: Scope) -> Node:
        """A new node at the end of a scope, of a node's value and others; all users of that value read it instead."""
        users = dict.fromkeys(self._users[node.id])
        new = self.append(op, [node, *others], scope, None, like=node)
        for user in users:
            self.rewire(self.nodes[user], [new if one is node else one for one in self.operands(self.nodes[user])])
        self.outputs = [Output(o.name, new.id if o.node == node.id else o.node) for o in self.outputs]
        self.aux = [AuxOutput(a.name, new.id if a.node == node.id else a.node, a.weight, a.scope) for a in self.aux]
        for one in self.root.walk():
            one.inputs = [new.id if value == node.id else value for value in one.inputs]
            one.outputs = [new.id if value == node.id else value for value in one.outputs]
        return new

    def open(
        self, kind: ScopeKind, parent: Scope, like: Node, name: str | None = None, title: str | None = None
    ) -> Scope:
        """A new scope at the end of another; scopes that are `like` one node's text are uses of one construct."""
        scope = Scope(kind, parent, like.span, name, title=title or name, site=like.span)
        parent.items.append(scope)
        return scope

    def move(self, item: Node | Scope, at: Node | Scope, *, after: bool = True) -> None:
        """A node or scope to a place beside another item."""
        scope = at.scope if isinstance(at, Node) else at.parent
        above = item.scope if isinstance(item, Node) else item.parent
        assert scope is not None
        assert above is not None
        above.items.remove(_entry(item))
        scope.items.insert(scope.items.index(_entry(at)) + after, _entry(item))
        if isinstance(item, Node):
            item.scope = scope
        else:
            item.parent = scope

    def put(self, node: Node, scope: Scope) -> None:
        """A node to the end of a scope, which has the same names."""
        node.scope.items.remove(node.id)
        scope.items.append(node.id)
        node.scope = scope

    def dissolve(self, scope: Scope) -> None:
        """A scope goes, and what it holds stands in its place."""
        parent = scope.parent
        assert parent is not None
        assert scope.name is None
        place = parent.items.index(scope)
        parent.items[place : place + 1] = scope.items
        for item in scope.items:
            if isinstance(item, Scope):
                item.parent = parent
            else:
                self.nodes[item].scope = parent
        if scope in self.units:
            self.units.remove(scope)

    def dissolve_construct(self, scope: Scope) -> None:
        """A residual or a merge goes with its branches; what they hold stands in its place."""
        self.drop_empty(scope)
        if scope.parent is not None and scope not in scope.parent.items:  # empty, and gone already
            return
        for part in [item for item in scope.items if isinstance(item, Scope) and item.kind in PARTS]:
            self.dissolve_construct(part)
        self.dissolve(scope)

    def drop_empty(self, root: Scope) -> None:
        """Scopes without anything in them go, with their names; what means the identity by being empty stays."""
        for scope in reversed(list(root.walk())):
            if scope.parent is not None and self._is_empty(scope) and not self._is_identity(scope):
                scope.parent.items.remove(scope)
                self.units = [unit for unit in self.units if unit is not scope]

    @staticmethod
    def _is_empty(scope: Scope) -> bool:
        """Whether nothing stands in a scope that means something by what stands in it; a residual has its sum."""
        if scope.kind is ScopeKind.RESIDUAL:
            return next(scope.nodes(), None) is None
        return not scope.items and scope.kind not in SKELETON

    def _is_identity(self, scope: Scope) -> bool:
        """Whether an empty scope is a branch of a merge that has one for each operand."""
        merge = next((above for above in scope.ancestors() if above.kind not in REPEATED), scope)
        if scope.kind is not ScopeKind.BRANCH or merge.kind is not ScopeKind.MERGE:
            return False
        last = merge.items[-1]
        count = sum(1 for _ in _branches(merge))
        return not isinstance(last, Scope) and self.nodes[last].op.merge and len(self.nodes[last].operands) == count

    def mark(self, scope: Scope) -> None:
        """Notes that the block around is no longer what the words at its definition say."""
        for above in scope.ancestors():
            if above.kind is ScopeKind.BLOCK:
                above.rewritten = True
                return

    # --- names -----------------------------------------------------------------------------------

    def fresh(self, scope: Scope, wish: str) -> str:
        """A name like `wish` that nothing has in the scope's names."""
        taken = self._taken(scope)
        number, name = 1, wish
        while name in taken:
            number += 1
            name = f"{wish}_{number}"
        return name

    def automatic(self, scope: Scope, kind: str) -> str:
        """A free name such as the language gives to a step without a label."""
        taken, stem = self._taken(scope), "" if scope.naming.numbered else kind
        number = 0 if scope.naming.numbered else 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"

    def _taken(self, scope: Scope) -> set[str]:
        naming = scope.naming
        taken = {node.name for node in self.nodes.values() if node.name and node.scope.naming is naming}
        return taken | {
            inner.name
            for inner in self.root.walk()
            if inner.name and inner.parent and (inner.home or inner.parent).naming is naming
        }

    def renumber(self, scope: Scope) -> None:
        """Names that only count are given again, by place: `conv1`, `conv2`, or `0`, `1` in a numbered scope.

        Labels stay. Where weights are shared, or several scopes are one container of names, all names do.
        """
        naming = scope.naming
        members = list(self._members(naming))
        inside = [item for item in naming.walk() if item.name is None]
        shared = any(isinstance(one, Node) and one.alias_of is not None for one in members)
        if shared or naming.kind is ScopeKind.PATH or any(item.kind is ScopeKind.SHARED for item in inside):
            return
        names = numbers(members) if naming.numbered else counted(members)
        for member, name in zip(members, names, strict=True):
            member.name = name

    def _members(self, scope: Scope) -> Iterator[Node | Scope]:
        """What has a name in a naming scope, in order."""
        for item in scope.items:
            if not isinstance(item, Scope):
                if self.nodes[item].name is not None:
                    yield self.nodes[item]
            elif item.name is not None:
                yield item
            else:
                yield from self._members(item)

    # --- back ------------------------------------------------------------------------------------

    def finish(self) -> tuple[Graph, dict[int, int]]:
        """The graph, and for each id of the draft that is still there, its id in the graph."""
        self._prune()
        graph = Graph(self.name, self.root, self.header)
        ids: dict[int, int] = {}
        for node in self.order():
            operands = tuple(graph.node(ids[operand]) for operand in node.operands)
            shape = node.op.infer(tuple(operand.shape for operand in operands))
            ids[node.id] = self._added(graph, node, operands, shape, ids).id
        for scope in self.root.walk():
            scope.items = [ids[item] if isinstance(item, int) else item for item in scope.items]
            scope.inputs = self._renumbered(scope.inputs, ids)
            scope.outputs = self._renumbered(scope.outputs, ids)
        graph.inputs = [ids[value] for value in self.inputs]
        graph.outputs = [Output(o.name, ids[o.node]) for o in self.outputs]
        graph.aux = [AuxOutput(a.name, ids[a.node], a.weight, a.scope) for a in self.aux]
        graph.units = self.units
        verify(graph)
        return graph, ids

    def _renumbered(self, values: list[int], ids: dict[int, int]) -> list[int]:
        return [ids[now] for now in map(self._now, values) if now in ids]

    def _added(self, graph: Graph, node: Node, operands: tuple[Node, ...], shape: Shape, ids: dict[int, int]) -> Node:
        strides = tuple(window.stride for window in node.op.windows(tuple(o.shape for o in operands)))
        total = total_stride(operands, shape, strides)
        items = node.scope.items
        kept = list(items)
        added = graph.add(
            node.op, tuple(o.id for o in operands), shape, total, node.scope, node.name, node.span, node.trace
        )
        items[:] = kept  # which are renumbered when all nodes are there
        added.kept = node.kept
        added.alias_of = None if node.alias_of is None else ids[node.alias_of]
        return added

    def _prune(self) -> None:
        """Leaves out nodes that reach no output, and the scopes that this empties."""
        alive = self.needed(self._ends()) | set(self.inputs)
        for node in reversed(self.order()):
            if node.id not in alive:
                self.erase(node)
        self.drop_empty(self.root)


def _branches(merge: Scope) -> Iterator[Scope]:
    """The branches of a merge, those that repeats make included."""
    for item in merge.items:
        if isinstance(item, Scope) and item.kind is ScopeKind.BRANCH:
            yield item
        elif isinstance(item, Scope) and item.kind in REPEATED:
            yield from _branches(item)


def _entry(item: Node | Scope) -> Scope | int:
    return item.id if isinstance(item, Node) else item
