"""Convolutions side by side on one value as one convolution."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.conv import Conv
from resdsl.ops.linear import Linear
from resdsl.ops.part import Part
from resdsl.ops.slice import Slice
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Formula, Full, Joined
from resdsl.passes.group_branches import is_channelwise
from resdsl.passes.layers import geometry_of, has_bias

PARTS = frozenset({ScopeKind.BRANCH, ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY})
"""Scopes that stand beside others of their kind, on one value."""
Chain = list[Node]
"""A convolution and the normalisation and activations after it, in order of execution."""


class MergeParallel(Pass):
    """Convolutions of equal geometry on one value become one, of whose result each branch takes its channels.

    The kernels stand one after the other along the output axis, so that each channel is the sum that it was, for
    convolutions to the bit. The normalisation and activations that follow all of them alike go along. Linear layers
    merge in the same way. Conditions: kernel, stride, padding, its mode and dilation are equal, and groups is 1 (with
    more, a part of the result's channels would read other channels); none is shared; none stands in a branch that may
    be dropped, or in an auxiliary head, and another outside of it; the value is there before all of them.

    It pays where one small convolution does not fill the machine: the 1x1 reductions beside each other in
    arXiv:1409.4842, figure 2, or transform and gate of a unit of arXiv:1505.00387.
    """

    name = "merge_parallel"
    summary = "merge parallel convolutions of equal geometry on one value into one and slices"
    trains = True

    def apply(self, to: Rewriter) -> None:
        groups: dict[Hashable, list[Node]] = {}
        for node in to.draft.order():
            if isinstance(node.op, Conv | Linear):
                groups.setdefault(_key(to.draft, node), []).append(node)
        for found in groups.values():
            if len(found) > 1:
                _merge_group(to, found)


def _key(draft: Draft, node: Node) -> Hashable:
    """Equal for layers that may be one."""
    (x,) = draft.shapes(node)
    aux = next((scope for scope in node.scope.ancestors() if scope.kind is ScopeKind.AUX), None)
    if isinstance(node.op, Conv):
        return node.operands, aux, geometry_of(node.op, x), node.op.padding_mode
    return node.operands, aux, node.op.kind


def _merge_group(to: Rewriter, nodes: Sequence[Node]) -> None:
    anchor = _anchor(nodes)
    others = ", ".join(node.path for node in nodes[1:])
    why = _obstacle(to.draft, nodes, anchor)
    if why:
        to.refuse(nodes[0], f"{why} (beside it: {others})")
    else:
        to.did(nodes[0], f"merged with {others}")
        _merge(to, _chains(to.draft, nodes), anchor)


def _obstacle(draft: Draft, nodes: Sequence[Node], anchor: Node | Scope) -> str:
    if any(isinstance(node.op, Conv) and node.op.groups > 1 for node in nodes):
        return "it or what stands beside it is a grouped convolution"
    if any(draft.is_shared(node) for node in nodes):
        return "it or what stands beside it has shared weights"
    dropped = _may_drop(_around(anchor))
    if any(_may_drop(node.scope) is not dropped for node in nodes):
        return "it or what stands beside it may be dropped in training without the other"
    if isinstance(anchor, Scope) and nodes[0].operands[0] in anchor.nodes():
        return "the value that they read is made in one of their branches"
    return ""


def _may_drop(scope: Scope) -> Scope | None:
    return next((above for above in scope.ancestors() if above.survival is not None), None)


def _anchor(nodes: Sequence[Node]) -> Node | Scope:
    """What the merged layer stands before: the innermost sequence around all of them, at the place of the first."""
    around = next(above for above in nodes[0].scope.ancestors() if all(above in n.scope.ancestors() for n in nodes))
    for above in around.ancestors():
        if above.kind in PARTS:
            break
        if above.kind is ScopeKind.MERGE or (above is around and above.kind in (ScopeKind.RESIDUAL, ScopeKind.REPEAT)):
            around = _around(above)
    item: Node | Scope = nodes[0]
    while (above := _around(item)) is not around:
        item = above
    return item


def _around(item: Node | Scope) -> Scope:
    scope = item.scope if isinstance(item, Node) else item.parent
    assert scope is not None
    return scope


def _chains(draft: Draft, nodes: Sequence[Node]) -> list[Chain]:
    """Each layer with the steps after it that all have alike, and that are the only use of what is before them."""
    chains = [[node] for node in nodes]
    while True:
        ends = [chain[-1] for chain in chains]
        users = [draft.only_user(end) for end in ends]
        steps = [user for user in users if user is not None and not draft.is_shared(user)]
        if len(steps) < len(ends) or len({step.op for step in steps}) > 1 or not is_channelwise(steps[0].op):
            return chains
        if any(_may_drop(step.scope) is not _may_drop(end.scope) for step, end in zip(steps, ends, strict=True)):
            return chains
        for chain, step in zip(chains, steps, strict=True):
            chain.append(step)


def _merge(to: Rewriter, chains: Sequence[Chain], anchor: Node | Scope) -> None:
    draft = to.draft
    value = draft.operands(chains[0][0])[0]
    widths = [chain[0].shape.channels for chain in chains]
    made = []
    for steps in zip(*chains, strict=True):
        value = _joined(to, steps, value, anchor)
        made.append(value)
    for chain, op in zip(chains, _parts(widths), strict=True):
        made.append(draft.insert(op, [value], chain[-1], None))
        _replace(draft, chain, made[-1])
        _to_front(draft, made[-1], anchor)
    for node in made:
        node.name = draft.automatic(node.scope, node.op.kind)
    draft.mark(value.scope)
    draft.renumber(value.scope)


def _parts(widths: Sequence[int]) -> list[Part | Slice]:
    """What takes each one's channels out of all."""
    if len(set(widths)) == 1:
        return [Part(i=index, of=len(widths)) for index in range(len(widths))]
    stops = list(accumulate(widths))
    return [Slice(start=stop - width, stop=stop) for stop, width in zip(stops, widths, strict=True)]


def _replace(draft: Draft, chain: Chain, part: Node) -> None:
    draft.substitute(chain[-1], part)
    part.kept = chain[-1].kept
    for step in reversed(chain):
        draft.erase(step)


def _joined(to: Rewriter, steps: Sequence[Node], value: Node, anchor: Node | Scope) -> Node:
    """One step in place of those of all branches, before the anchor, with its weights."""
    draft, op = to.draft, steps[0].op
    formulas = [to.weights(step) for step in steps]
    if isinstance(op, Conv | Linear):
        width = sum(step.shape.channels for step in steps)
        biases = {(type(step.op.bias), step.op.bias) for step in steps if isinstance(step.op, Conv | Linear)}
        op = op.model_copy(update={"width": width, "bias": op.bias if len(biases) == 1 else True})
        if has_bias(op):
            for step, given in zip(steps, formulas, strict=True):
                given.setdefault("bias", Full((step.shape.channels,)))
    node = draft.append(op, [value], _around(anchor), None, like=steps[0])
    draft.move(node, anchor, after=False)
    to.set_weights(node, **{name: _weight(name, formulas) for name in formulas[0]})
    return node


def _weight(name: str, formulas: Sequence[dict[str, Formula]]) -> Formula:
    pieces = tuple(given[name] for given in formulas)
    return pieces[0] if name == "num_batches_tracked" else Joined(pieces)


def _to_front(draft: Draft, part: Node, anchor: Node | Scope) -> None:
    """A slice that begins one of several branches stands in none of the blocks that its layers stood in."""
    branch: Scope | None = None
    around = _around(anchor)
    for scope in part.scope.ancestors():
        if scope is around:
            break
        if scope.kind in PARTS and next(scope.nodes()) == part.id:
            branch = scope
    if branch is not None and branch is not part.scope:
        first = branch.items[0]
        assert isinstance(first, Scope)
        draft.move(part, first, after=False)
