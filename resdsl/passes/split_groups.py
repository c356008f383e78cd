"""Grouped convolutions between two others as branches that are added."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import gcd

from resdsl.graph import Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.add import Add
from resdsl.ops.base import Operator
from resdsl.ops.concat import Concat
from resdsl.ops.conv import Conv
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Cut, Formula, Scaled
from resdsl.passes.group_branches import is_channelwise
from resdsl.passes.layers import closed_scopes


class SplitGroups(Pass):
    """Form (c) of a unit becomes form (a), the inverse of group_branches: figure 3 of Xie et al., arXiv:1611.05431.

    conv - grouped conv - conv, with normalisations and activations between them, becomes as many equal branches as
    there are groups (several grouped convolutions: as their groups have in common), which are added. Each has its own
    channels of all weights and statistics, and of the last convolution the kernel's slice along the input axis and an
    equal share of the bias.

    Conditions: the first and the last convolution have one group; each step between them is a grouped convolution or
    maps every channel by itself; no value inside is used elsewhere; nothing is shared; all stands in the same
    branch that may be dropped, or auxiliary head. A training step is the same.
    """

    name = "split_groups"
    summary = "grouped convolutions between two others become branches that are added"
    trains = True

    def apply(self, to: Rewriter) -> None:
        split_all(to, late=False)


def split_all(to: Rewriter, *, late: bool) -> None:
    """Splits every run of grouped convolutions; `late` ones join channels and leave the last convolution as it is."""
    seen: set[int] = set()
    for node in to.draft.order():
        if node.id in seen or not _is_grouped(node.op):
            continue
        run = _run(to.draft, node)
        seen.update(one.id for one in run)
        if late and _is_whole(run[-1].op):
            run.pop()
        why = _obstacle(to.draft, run, late)
        if why:
            to.refuse(node, why)
        else:
            _split(to, run, late)


def _is_grouped(op: Operator) -> bool:
    return isinstance(op, Conv) and op.groups > 1


def _is_whole(op: Operator) -> bool:
    return isinstance(op, Conv) and op.groups == 1


def _run(draft: Draft, node: Node) -> list[Node]:
    """The steps around a grouped convolution: back to the convolution of one group before, on to the one behind."""
    found = [node]
    while not _is_whole(found[0].op):
        before = draft.operands(found[0])[0]
        if not _is_step(before.op) or draft.only_user(before) is not found[0]:
            break
        found.insert(0, before)
    while not _is_whole(found[-1].op):
        behind = draft.only_user(found[-1])
        if behind is None or not _is_step(behind.op):
            break
        found.append(behind)
    return found


def _is_step(op: Operator) -> bool:
    return isinstance(op, Conv) or is_channelwise(op)


def _obstacle(draft: Draft, run: list[Node], late: bool) -> str:
    first, last = run[0], run[-1]
    if not _is_whole(first.op):
        source = draft.operands(first)[0]
        return f"no convolution of one group computes its channels for it alone: they come from {source.op.kind}"
    if not late and not _is_whole(last.op):
        return "no convolution of one group reads its channels alone: split_groups_late joins them"
    if any(draft.is_shared(node) for node in run):
        return "it, or a step beside it, has shared weights"
    if any(closed_scopes(node) != closed_scopes(last) for node in run):
        return "its first and its last step do not stand in the same dropped branch or auxiliary head"
    return "" if _count(run) > 1 else "the convolutions' numbers of groups have no common divisor"


def _count(run: list[Node]) -> int:
    return gcd(*(node.op.groups for node in run if isinstance(node.op, Conv) and node.op.groups > 1))


def _split(to: Rewriter, run: list[Node], late: bool) -> None:
    draft, count, scope = to.draft, _count(run), run[0].scope
    to.did(run[0], f"{', '.join(node.op.kind for node in run)} became {count} branches")
    (source,) = draft.operands(run[0])
    label = draft.open(ScopeKind.LABEL, scope, run[-1], draft.fresh(scope, "paths"))
    label.numbered = True
    draft.move(label, run[0], after=False)
    merge = draft.open(ScopeKind.MERGE, label, run[-1])
    ends: list[Node] = []
    for index in range(count):
        branch = draft.open(ScopeKind.BRANCH, merge, run[0])
        inside = draft.open(ScopeKind.BLOCK, branch, run[0], str(index), "path")
        inside.rewritten = True
        end = _branch(to, run, source, inside, (index, count))
        for inner in (branch, inside):
            inner.inputs, inner.outputs = [source.id], [end.id]
        ends.append(end)
    total = draft.append(Concat() if late else Add(), ends, merge, None, like=run[-1])
    for outer in (label, merge):
        outer.inputs, outer.outputs = [source.id], [total.id]
    draft.substitute(run[-1], total)
    for node in reversed(run):
        draft.erase(node)
    draft.renumber(scope)
    draft.mark(scope)


def _branch(to: Rewriter, run: list[Node], source: Node, inside: Scope, part: tuple[int, int]) -> Node:
    """The steps of one branch; `part` is which of how many."""
    names: Counter[str] = Counter()
    node = source
    for step in run:
        names[step.op.kind] += 1
        is_end = step is run[-1] and _is_whole(step.op)
        channels = to.draft.shapes(step)[0].channels if is_end else step.shape.channels
        formulas = {name: _part(name, formula, channels, part, is_end) for name, formula in to.weights(step).items()}
        op = step.op if is_end else _narrowed(step.op, part[1])
        node = to.draft.append(op, [node], inside, f"{step.op.kind}{names[step.op.kind]}", like=step)
        to.set_weights(node, **formulas)
    return node


def _narrowed(op: Operator, count: int) -> Operator:
    if not isinstance(op, Conv):
        return op
    return op.model_copy(update={"width": op.width // count, "groups": max(1, op.groups // count)})


def _part(name: str, formula: Formula, channels: int, part: tuple[int, int], is_end: bool) -> Formula:
    """A branch's part of a weight: its own channels, or of the last convolution those it reads."""
    index, count = part
    if name == "num_batches_tracked":
        return formula
    if is_end and name == "bias":
        return Scaled(formula, Fraction(1, count))
    size = channels // count
    return Cut(formula, index * size, (index + 1) * size, axis=1 if is_end else 0)
