"""A residual unit of two convolutions as a plain one that carries its shortcut through them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from resdsl.graph import Node, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.ops.bn import Bn
from resdsl.ops.conv import Conv
from resdsl.ops.relu import Relu
from resdsl.passes.base import Pass, Rewriter
from resdsl.passes.formulas import Centred, Dirac, Formula, Full, Joined, Plus
from resdsl.passes.layers import closed_scopes
from resdsl.passes.linear_paths import LinearPath, bias, is_centred, kernel, linear_path
from resdsl.passes.signs import is_non_negative
from resdsl.shapes import Shape


@dataclass(frozen=True, slots=True)
class Unit:
    """skip(x) + second(relu(first(x)))."""

    first: LinearPath
    relu: Node
    second: LinearPath
    skip: LinearPath
    total: Node

    @property
    def convs(self) -> tuple[Node, Node]:
        assert self.first.conv is not None
        assert self.second.conv is not None
        return self.first.conv, self.second.conv


class PlainBlocks(Pass):
    """W2 relu(W1 x) + V x = [W2 | V] relu([W1; dirac] x) where x >= 0: a plain unit, without a shortcut.

    The first convolution computes x beside its own channels, ReLU leaves it as it is, and the second one reads it in
    the middle of its kernel, through the shortcut's own map V: the identity, a 1x1 projection, every n-th position with
    zero channels (option A), each times a constant. Two 3x3 convolutions of one width take twice the multiply-adds.

    Conditions: fold_batchnorm has been applied; the branch is conv, relu, conv, both of one group with centred windows
    (odd kernels, padded by dilation * (k - 1) / 2) and of the shortcut's stride together; x is not negative, which the
    graph must show (after ReLU, pools and sums of such values); no value inside is used elsewhere, nothing is shared,
    the branch is never dropped, and all of it stands in the same branch that may be, or auxiliary head. Longer branches
    could carry x as well, at the cost that the refusal states. A training step is the same (the gradient that ReLU
    stops at x = 0 was stopped at x already); what follows it is not, since the taps of the identity are weights now.
    """

    name = "plain_blocks"
    summary = "post-activation units of two convolutions become plain ones, at about twice the multiply-adds"
    trains = True

    def apply(self, to: Rewriter) -> None:
        for total in to.draft.order():
            if total.op.kind != "add" or total.scope.kind is not ScopeKind.RESIDUAL:
                continue
            unit = _unit(to.draft, total)
            why = _obstacle(to.draft, unit) if unit else _what_is_there(to.draft, total)
            if why:
                to.refuse(total, why)
            elif unit:
                _make_plain(to, unit)


def _unit(draft: Draft, total: Node) -> Unit | None:
    ends = draft.operands(total)
    for end, other in (ends, ends[::-1]):
        second, skip = linear_path(draft, end, total), linear_path(draft, other, total)
        relu = second.source
        if second.conv is None or not isinstance(relu.op, Relu) or draft.only_user(relu) is not second.steps[0]:
            continue
        (before,) = draft.operands(relu)
        first = linear_path(draft, before, relu)
        if first.conv is not None and first.source is skip.source:
            return Unit(first, relu, second, skip, total)
    return None


# --- conditions ----------------------------------------------------------------------------------


def _obstacle(draft: Draft, unit: Unit) -> str:
    steps = (*unit.first.steps, unit.relu, *unit.second.steps, *unit.skip.steps)
    if any(draft.is_shared(step) for step in steps):
        return "it has shared weights"
    if unit.total.scope.survival is not None:
        return "its branch may be dropped"
    if any(closed_scopes(step) != closed_scopes(unit.total) for step in steps):
        return "a part of it does not stand in the same dropped branch or auxiliary head"
    return _misfit(unit) or _sign(draft, unit)


def _misfit(unit: Unit) -> str:
    first, second, skip = unit.first.window(), unit.second.window(), unit.skip.window()
    for node, window in zip(unit.convs, (first, second), strict=True):
        assert isinstance(node.op, Conv)
        if node.op.groups > 1:
            return f"{node.path} has {node.op.groups} groups, and the shortcut's channels belong to none"
        if not is_centred(window):
            return f"the window of {node.path} is not centred: an odd kernel, padded by dilation * (k - 1) / 2, is"
    if not is_centred(skip) or set(skip.k) != {1}:
        return f"the window of {unit.skip.words} is no single position"
    if unit.skip.conv is not None and isinstance(unit.skip.conv.op, Conv) and unit.skip.conv.op.groups > 1:
        return f"{unit.skip.words} has {unit.skip.conv.op.groups} groups"
    if tuple(a * b for a, b in zip(first.stride, second.stride, strict=True)) != skip.stride:
        return f"{unit.skip.words} and the branch have different strides"
    return ""


def _sign(draft: Draft, unit: Unit) -> str:
    x = unit.skip.source
    if is_non_negative(draft, x):
        return ""
    return f"its input, the result of {x.op.kind}, may be negative, and relu would not leave it as it is"


def _what_is_there(draft: Draft, total: Node) -> str:
    """Why a unit is none of two convolutions with ReLU between them."""
    chain = max((_chain(draft, end, total) for end in draft.operands(total)), key=len)
    convs = [node for node in chain if isinstance(node.op, Conv)]
    if not convs:
        return f"it adds results of {', '.join(dict.fromkeys(end.op.kind for end in draft.operands(total)))}"
    if isinstance(chain[0].op, Bn):
        return "the branch begins with a normalisation, which stands on the trunk: pre-activation"
    if any(isinstance(node.op, Bn) for node in chain):
        return "it has normalisations: fold_batchnorm comes first"
    if isinstance(chain[0].op, Relu):
        return "the branch begins with relu: pre-activation, where the trunk may be negative"
    others = [node.op.kind for node in chain if not isinstance(node.op, Conv | Relu)]
    if others:
        return f"the branch has {others[0]}, which is neither a convolution nor relu"
    if isinstance(chain[-1].op, Relu):
        return "the branch ends in relu, and no convolution after it could read the shortcut"
    if len(convs) == 1:
        return "the branch is one convolution: merge_residual joins it to the shortcut at no cost"
    if len(convs) == 2:
        return "it is not conv, relu, conv beside a linear shortcut from the same value"
    return (
        f"the branch is {len(convs)} convolutions, not 2: carrying the shortcut through all of them would take "
        f"{_factor(draft, convs):.1f} times the multiply-adds"
    )


def _chain(draft: Draft, end: Node, user: Node) -> list[Node]:
    """Steps of one operand each that lead to a sum and nowhere else."""
    found: list[Node] = []
    node = end
    while draft.only_user(node) is user and len(node.operands) == 1:
        found.insert(0, node)
        node, user = draft.operands(node)[0], node
    return found


def _factor(draft: Draft, convs: list[Node]) -> float:
    """Multiply-adds of convolutions that carry the input of the first one, by those they have."""
    carried = draft.shapes(convs[0])[0].channels
    before = after = 0
    for place, node in enumerate(convs):
        assert isinstance(node.op, Conv)
        (x,) = draft.shapes(node)
        wide = x if place == 0 else Shape(x.channels + carried, x.size)
        width = node.op.width + (carried if place < len(convs) - 1 else 0)
        before += node.op.macs((x,))
        after += node.op.model_copy(update={"width": width, "groups": 1}).macs((wide,))
    return after / before


# --- the rewrite ---------------------------------------------------------------------------------


def _make_plain(to: Rewriter, unit: Unit) -> None:
    draft, total, (first, second) = to.draft, unit.total, unit.convs
    x, scope = unit.skip.source, total.scope
    factor = _factor(draft, [first, second])
    to.did(
        total, f"{first.path} carries its input to {second.path}: {factor:.2f} times the multiply-adds of the branch"
    )
    widened, joined = _carrying(to, unit), _reading(to, unit)
    draft.rewire(first, [x])
    draft.rewire(unit.relu, [first])
    draft.rewire(second, [unit.relu])
    draft.substitute(total, second)
    draft.erase(total)
    for path in (unit.second, unit.skip, unit.first):
        for step in reversed(path.steps):
            if step is not first and step is not second:
                draft.erase(step)
    assert isinstance(first.op, Conv)
    assert isinstance(second.op, Conv)
    to.reoperate(first, first.op.model_copy(update={"width": first.op.width + x.shape.channels}), **widened)
    draft.reoperate(unit.relu, unit.relu.op)
    has_bias = second.op.bias if second.op.bias is not False else "bias" in joined
    to.reoperate(second, second.op.model_copy(update={"bias": has_bias}), **joined)
    draft.dissolve_construct(scope)
    draft.mark(first.scope)


def _carrying(to: Rewriter, unit: Unit) -> dict[str, Formula]:
    """The weights of the first convolution with its input as further channels."""
    channels, k = unit.skip.source.shape.channels, unit.first.window().k
    same: Formula = Dirac((channels, channels, *(1,) * len(k)))
    if prod(k) > 1:
        same = Centred(same, k)
    found: dict[str, Formula] = {"weight": Joined((kernel(to, unit.first, k, 1), same))}
    own = bias(to, unit.first)
    if own is not None:
        found["bias"] = Joined((own, Full((channels,))))
    return found


def _reading(to: Rewriter, unit: Unit) -> dict[str, Formula]:
    """The weights of the second convolution, which reads the shortcut's input behind its own."""
    k = unit.second.window().k
    found: dict[str, Formula] = {"weight": Joined((kernel(to, unit.second, k, 1), kernel(to, unit.skip, k, 1)), axis=1)}
    biases = tuple(one for path in (unit.second, unit.skip) if (one := bias(to, path)) is not None)
    if biases:
        found["bias"] = Plus(biases) if len(biases) > 1 else biases[0]
    return found
