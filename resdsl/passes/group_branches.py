"""Equal branches on one value as one sequence of grouped convolutions."""

from __future__ import annotations

from collections.abc import Callable

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.graph.text import step_texts
from resdsl.ops.base import Activation, Operator
from resdsl.ops.bn import Bn
from resdsl.ops.conv import Conv
from resdsl.ops.scale import Scale
from resdsl.ops.softmax import Softmax
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Formula, Joined, Plus

Steps = list[Node]
"""The steps of one branch, in order of execution."""


class GroupBranches(Pass):
    """Forms (a) and (b) of a unit become form (c): figure 3 of Xie et al., arXiv:1611.05431.

    n equal branches on one value, each a sequence of convolutions, normalisations and activations, become one such
    sequence of n times the channels: the first convolution computes the channels of all branches, one after the
    other; a later one has n times the groups; a normalisation has the parameters and statistics of all. Under `concat`
    (form b) that is the joined value. Under `add` (form a) the last convolution of each branch is linear, and the sum
    of all is one convolution of all channels: kernels side by side along the input axis, biases added.

    Conditions: all branches begin at one value and have equal operators, step by step; the first is a convolution of
    one group (more would interleave the branches' channels); each step is a convolution or maps every channel by
    itself; no value inside is used elsewhere; under `add` the last step is a convolution of one group and not the
    first; nothing is shared; branches and merge stand in the same unit that may be dropped.
    """

    name = "group_branches"
    summary = "equal branches that are added or concatenated become grouped convolutions"
    trains = True

    def apply(self, to: Rewriter) -> None:
        for merge in to.draft.order():
            if merge.id in to.draft.nodes and _is_candidate(merge):
                branches = [_branch(to.draft, merge, end) for end in to.draft.operands(merge)]
                why = _obstacle(to.draft, merge, branches)
                if why:
                    to.refuse(merge, why)
                else:
                    _group(to, merge, branches)


def is_channelwise(op: Operator) -> bool:
    """Whether a step maps each channel by itself and the same way wherever it stands: weightless, or `bn`."""
    return isinstance(op, Bn | Scale) or (isinstance(op, Activation) and not isinstance(op, Softmax))


def _is_candidate(node: Node) -> bool:
    return node.op.kind in ("add", "concat") and node.scope.kind is ScopeKind.MERGE and len(node.operands) > 1


def _branch(draft: Draft, merge: Node, end: Node) -> Steps:
    """The steps that lead to an operand of a merge and to nothing else."""
    found: Steps = []
    node, user = end, merge
    while (isinstance(node.op, Conv) or is_channelwise(node.op)) and draft.only_user(node) is user:
        found.insert(0, node)
        node, user = draft.operands(node)[0], node
    return found


def _obstacle(draft: Draft, merge: Node, branches: list[Steps]) -> str:
    first, sources = branches[0], draft.operands(merge)
    for index, branch in enumerate(branches):
        if not branch:
            return f"branch {index} ends in {sources[index].op.kind}, or in a value with other uses"
        if branch[0].operands != first[0].operands:
            return f"branches 0 and {index} do not begin at one value, or a value inside has other uses"
        if why := _difference(first, branch):
            return f"branches 0 and {index} differ: {why}"
        if any(draft.is_shared(node) for node in branch):
            return f"branch {index} has shared weights"
        if any(draft.residual(node) is not draft.residual(merge) for node in branch):
            return f"branch {index} is part of a residual unit that may be dropped"
    head = first[0].op
    if not isinstance(head, Conv):
        return f"the branches begin with {head.kind}, not with a convolution"
    if head.groups > 1:
        return f"the first convolutions have {head.groups} groups each: one convolution would interleave the branches"
    return _end_obstacle(first) if merge.op.kind == "add" else ""


def _end_obstacle(steps: Steps) -> str:
    """What keeps the sum of branches with these steps from being one convolution."""
    last = steps[-1].op
    if isinstance(last, Bn):
        return "the branches end in bn, and are added after it: fold_batchnorm comes first"
    if not isinstance(last, Conv):
        return f"the branches end in {last.kind}, which is not linear, and are added after it"
    if len(steps) == 1:
        return "the branches are single convolutions, which grouping does not join: merge_residual adds them"
    if last.groups > 1:
        return f"the last convolutions have {last.groups} groups each: one convolution would interleave the branches"
    return ""


def _difference(one: Steps, other: Steps) -> str:
    if len(one) != len(other):
        return f"they have {len(one)} and {len(other)} steps"
    pairs = ((a, b) for a, b in zip(one, other, strict=True) if a.op != b.op)
    return next((" and ".join(step_texts(a, b)) for a, b in pairs), "")


def _group(to: Rewriter, merge: Node, branches: list[Steps]) -> None:
    draft, scope, steps, count = to.draft, merge.scope, branches[0], len(branches)
    is_sum = merge.op.kind == "add"
    to.did(merge, f"{count} branches of {', '.join(node.op.kind for node in steps)} became one, in {count} groups")
    for place, column in enumerate(zip(*branches, strict=True)):
        node = column[0]
        weights = {name: [to.weight(one, name) for one in column] for name in to.weights(node)}
        if is_sum and node is steps[-1]:
            to.reoperate(node, node.op, **_each(weights, _side_by_side))
        else:
            to.reoperate(node, _widened(node.op, count, place == 0), **_each(weights, _one_after_the_other))
        draft.move(node, merge, after=False)
        node.name = None
    draft.substitute(merge, steps[-1])
    draft.erase(merge)
    for branch in branches[1:]:
        for node in reversed(branch):
            draft.erase(node)
    _unwrap(draft, scope)
    for node in steps:
        node.name = draft.automatic(node.scope, node.op.kind)
    draft.renumber(steps[0].scope)
    draft.mark(steps[0].scope)


def _unwrap(draft: Draft, merge: Scope) -> None:
    """The steps in a merge's scope stand in its place, and in that of a label that had nothing else.

    An auxiliary head keeps its label, whose name it has.
    """
    draft.drop_empty(merge)
    label = merge.parent
    assert label is not None
    is_head = label.parent is not None and label.parent.kind is ScopeKind.AUX
    alone = label.kind is ScopeKind.LABEL and label.items == [merge]
    draft.dissolve(merge)
    if alone and not is_head:
        label.name = None
        draft.dissolve(label)


def _widened(op: Operator, count: int, is_first: bool) -> Operator:
    if not isinstance(op, Conv):
        return op
    return op.model_copy(update={"width": op.width * count, "groups": 1 if is_first else op.groups * count})


def _each(weights: dict[str, list[Formula]], join: Callable[[str, list[Formula]], Formula]) -> dict[str, Formula]:
    return {name: join(name, formulas) for name, formulas in weights.items()}


def _one_after_the_other(name: str, formulas: list[Formula]) -> Formula:
    """The channels of all branches; all have seen as many batches."""
    return formulas[0] if name == "num_batches_tracked" else Joined(tuple(formulas))


def _side_by_side(name: str, formulas: list[Formula]) -> Formula:
    """The kernel that reads the channels of all branches; biases add up."""
    return Plus(tuple(formulas)) if name == "bias" else Joined(tuple(formulas), axis=1)
