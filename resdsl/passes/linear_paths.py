"""What leads from a value to a sum by one linear map of windows: a convolution, the identity, a strided identity."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod

from resdsl.graph import Node
from resdsl.graph.draft import Draft
from resdsl.ops.avgpool import Avgpool
from resdsl.ops.conv import Conv
from resdsl.ops.geometry import Geometry, geometry
from resdsl.ops.identity import Identity
from resdsl.ops.pad_channels import PadChannels
from resdsl.ops.scale import Scale
from resdsl.passes.base import Rewriter
from resdsl.passes.formulas import Centred, Dirac, Formula, Full, Joined, Scaled
from resdsl.passes.layers import geometry_of
from resdsl.shapes import Axes, Shape

_FACTORS = (Scale, Identity)


@dataclass(frozen=True, slots=True)
class LinearPath:
    """From `source` over `steps` to a sum, which alone uses them; no steps are the identity.

    Steps are constant factors and at most one convolution, or a pool of single positions (a stride) and zero channels.
    """

    source: Node
    steps: tuple[Node, ...]

    @property
    def conv(self) -> Node | None:
        return next((step for step in self.steps if isinstance(step.op, Conv)), None)

    @property
    def factor(self) -> Fraction:
        return prod((step.op.factor for step in self.steps if isinstance(step.op, Scale)), start=Fraction(1))

    @property
    def words(self) -> str:
        """What it is, in words."""
        if self.conv is not None:
            return self.conv.path
        kinds = [step for step in self.steps if not isinstance(step.op, _FACTORS)]
        return "the strided identity" if kinds else "the identity"

    def window(self) -> Geometry:
        """Kernel, stride, dilation and pads, as those of a convolution."""
        x = self.source.shape
        if self.conv is not None:
            assert isinstance(self.conv.op, Conv)
            return geometry_of(self.conv.op, x)
        pools = [step.op for step in self.steps if isinstance(step.op, Avgpool)]
        stride = next((pool.stride or 1 for pool in pools), 1)
        return geometry(x.dims, 1, stride, 0)


def linear_path(draft: Draft, end: Node, user: Node) -> LinearPath:
    """The longest linear path that ends in an operand of `user`; its source is what comes before."""
    steps: list[Node] = []
    node = end
    while draft.only_user(node) is user and _extends(draft, node, steps):
        steps.insert(0, node)
        node, user = draft.operands(node)[0], node
    return LinearPath(node, tuple(steps))


def _extends(draft: Draft, node: Node, steps: list[Node]) -> bool:
    """Whether a node and the steps after it are one linear map of windows."""
    if isinstance(node.op, _FACTORS):
        return True
    after = {type(step.op) for step in steps}.difference(_FACTORS)
    if isinstance(node.op, Conv | PadChannels):
        return not after
    return isinstance(node.op, Avgpool) and after <= {PadChannels} and _is_stride(node.op, draft.shapes(node)[0])


def _is_stride(op: Avgpool, x: Shape) -> bool:
    """Whether a pool takes every n-th position as it is."""
    if op.k is None or op.ceil:
        return False
    window = geometry(x.dims, op.k, op.k if op.stride is None else op.stride, op.pad)
    return set(window.k) == {1} and not any(map(any, window.pads))


def misfit(path: LinearPath, main: LinearPath) -> str:
    """Why a path cannot be part of the kernel of another's convolution; `""` if it can be."""
    one, other = path.window(), main.window()
    assert main.conv is not None
    assert isinstance(main.conv.op, Conv)
    if one.stride != other.stride:
        return f"{path.words} has stride {_text(one.stride)}, and {main.words} {_text(other.stride)}"
    if path.conv is None:
        if path.steps and main.conv.op.groups > 1 and path.source.shape.channels != main.conv.shape.channels:
            return f"{main.words} has {main.conv.op.groups} groups, and {path.words} adds channels"
    else:
        assert isinstance(path.conv.op, Conv)
        if path.conv.op.groups != main.conv.op.groups:
            return f"{path.words} has {path.conv.op.groups} groups, and {main.words} {main.conv.op.groups}"
        if any(map(any, one.pads)) and path.conv.op.padding_mode != main.conv.op.padding_mode:
            return f"{path.words} and {main.words} differ in padding_mode"
    if one == other:
        return ""
    for each in (path, main):
        if not is_centred(each.window()):
            return f"the window of {each.words} is not centred: an odd kernel, padded by dilation * (k - 1) / 2, is"
    pairs = zip(one.k, other.k, one.dilation, other.dilation, strict=True)
    if any(k > large or (k > 1 and step != wide) for k, large, step, wide in pairs):
        return f"the taps of {path.words} are not all among those of {main.words}"
    return ""


def is_centred(window: Geometry) -> bool:
    """Whether the middle tap of every position's window is that position itself, strides apart."""
    axes = zip(window.k, window.dilation, window.pads, strict=True)
    return all(k % 2 and pads == (dilation * (k - 1) // 2,) * 2 for k, dilation, pads in axes)


def kernel(to: Rewriter, path: LinearPath, k: Axes, groups: int) -> Formula:
    """The kernel of size `k` that computes a path, which fits."""
    weight = to.weight(path.conv, "weight") if path.conv is not None else _identity(path, groups)
    if path.window().k != k:
        weight = Centred(weight, k)
    return weight if path.factor == 1 else Scaled(weight, path.factor)


def bias(to: Rewriter, path: LinearPath) -> Formula | None:
    """What a path adds to every position."""
    found = to.weights(path.conv).get("bias") if path.conv is not None else None
    if found is None:
        return None
    after = [step.op.factor for step in path.steps[path.steps.index(path.conv) :] if isinstance(step.op, Scale)]
    factor = prod(after, start=Fraction(1))
    return found if factor == 1 else Scaled(found, factor)


def _identity(path: LinearPath, groups: int) -> Formula:
    """The 1x1 kernel of a path without a convolution: the identity of each channel, and zeros for new channels."""
    channels, ones = path.source.shape.channels, (1,) * path.source.shape.dims
    pad = next((step.op for step in path.steps if isinstance(step.op, PadChannels)), None)
    same = Dirac((channels, channels // groups, *ones), groups)
    if pad is None or pad.width == channels:
        return same
    behind = pad.width - channels - pad.before
    pieces = [Full((width, channels, *ones)) for width in (pad.before, behind)]
    return Joined(
        tuple(piece for piece in (pieces[0], same, pieces[1]) if not isinstance(piece, Full) or piece.shape[0])
    )


def _text(axes: Axes) -> str:
    return "x".join(map(str, axes)) if len(set(axes)) > 1 else str(axes[0])
