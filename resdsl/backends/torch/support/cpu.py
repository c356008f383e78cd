"""Layers of inference on the CPU."""

import functools
import warnings

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resdsl.backends.torch.support.common import ActivatedConv2d, finish

ONEDNN_NAMES = {"silu": "swish"}


class FusedConv2d(ActivatedConv2d):
    """A convolution with its activation and, where one is given, a residual's addition, as one call of oneDNN.

    The weight is packed for the processor on the first call. With kernel="winograd" a 3x3 convolution of stride 1 is
    F(4x4, 3x3) of Lavin and Gray (arXiv:1509.09308), a quarter of the multiplications, which wants channels last.
    """

    packed: Tensor | None = None

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        if self.kernel == "direct" and not calls_onednn():
            return finish(super().forward(x), residual, self.activation)
        if self.packed is None:
            self.packed = self.pack(x)
        if self.kernel == "winograd":
            relu = self.activation == "relu" and residual is None
            y = winograd(x, self.packed, self.bias, self.padding, relu)
            return y if relu else finish(y, residual, self.activation)
        geometry = (self.padding, self.stride, self.dilation, self.groups)
        convolution = torch.ops.mkldnn._convolution_pointwise
        if residual is None:
            name = ONEDNN_NAMES.get(self.activation, self.activation)
            return convolution(x, self.packed, self.bias, *geometry, name, [], "")
        given = (x, residual, self.packed, self.bias, *geometry)
        if self.activation == "relu":
            return convolution.binary(*given, "add", 1.0, "relu", [], "")
        y = convolution.binary(*given, "add", 1.0, None, [], "")
        return finish(y, None, self.activation)

    def pack(self, x: Tensor) -> Tensor:
        """The weight in the form that the kernel reads fastest."""
        weight = self.weight.detach()
        if self.kernel == "winograd":
            return winograd_weight(weight)
        if x.is_contiguous(memory_format=torch.channels_last):
            weight = weight.contiguous(memory_format=torch.channels_last)
        geometry = (self.padding, self.stride, self.dilation, self.groups)
        reorder = torch.ops.mkldnn._reorder_convolution_weight
        return reorder(weight, *geometry, list(x.shape))

    def _load_from_state_dict(self, *args) -> None:
        self.packed = None  # it was made of the weight before
        super()._load_from_state_dict(*args)


class FusedLinear(nn.Linear):
    """A linear layer with its activation as one call of oneDNN, its weight packed on the first call."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        activation: str = "none",
    ) -> None:
        super().__init__(in_features, out_features, bias)
        self.activation = activation
        self.packed: Tensor | None = None
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        if not calls_onednn():
            return finish(super().forward(x), None, self.activation)
        if self.packed is None:
            reorder = torch.ops.mkldnn._reorder_linear_weight
            self.packed = reorder(self.weight.detach(), x.shape[0])
        linear = torch.ops.mkldnn._linear_pointwise
        name = ONEDNN_NAMES.get(self.activation, self.activation)
        return linear(x, self.packed, self.bias, name, [], "")

    def _load_from_state_dict(self, *args) -> None:
        self.packed = None  # it was made of the weight before
        super()._load_from_state_dict(*args)


class Room(nn.Module):
    """A copy of its input at the beginning of a buffer of `channels` channels: `append` writes the further ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        n, c, height, width = x.shape
        buffer = x.new_empty(n, height, width, self.channels).permute(0, 3, 1, 2)
        buffer[:, :c] = x
        return buffer[:, :c]


def append(x: Tensor, y: Tensor) -> Tensor:
    """The channels of both: those of `y` are written into the room behind `x`."""
    n, c, height, width = x.shape
    both = x.as_strided((n, c + y.shape[1], height, width), x.stride())
    both[:, c:] = y
    return both


class Captured:
    """A model as one graph of oneDNN for each shape of its input: nothing is prepared anew in each call.

    Weights are loaded before: a graph does not follow what changes later. Several outputs come as a plain tuple. Where
    this PyTorch compiles no such graphs, the model is called as it is.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model.eval()  # there are no graphs of training
        self.graphs: dict[tuple[torch.Size, ...], nn.Module] = {}

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        shapes = tuple(x.shape for x in inputs)
        if shapes not in self.graphs:
            self.graphs[shapes] = self.capture(inputs) if has_graphs() else self.model
        return self.graphs[shapes](*inputs)

    def capture(self, inputs: tuple[Tensor, ...]) -> nn.Module:
        """The graph, compiled."""
        for layer in self.model.modules():
            if getattr(layer, "kernel", "direct") == "winograd":
                layer.packed = layer.pack(inputs[0])  # or the graph would in each call
        before = torch.jit.onednn_fusion_enabled()
        torch.jit.enable_onednn_fusion(True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # TorchScript is deprecated, and has no successor that does this
                traced = torch.jit.trace(self.model, inputs, check_trace=False)
                graph = torch.jit.freeze(traced)
            for _ in range(2):  # the second call compiles what the first has seen
                graph(*inputs)
        finally:
            torch.jit.enable_onednn_fusion(before)
        return graph


def has_graphs() -> bool:
    """Whether this PyTorch compiles graphs of oneDNN."""
    there = torch.backends.mkldnn.is_available()
    return there and hasattr(torch.jit, "enable_onednn_fusion")


def calls_onednn() -> bool:
    """Whether layers call oneDNN themselves: in a graph they do not, its compiler fuses them."""
    there = torch.backends.mkldnn.is_available() and not torch.jit.is_tracing()
    return there and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def winograd_weight(weight: Tensor) -> Tensor:
    """A 3x3 kernel in the domain of F(4x4, 3x3): (36, in_channels, out_channels)."""
    g = [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
    kernel = torch.tensor(g, dtype=torch.float64) / 24
    packed = torch.einsum("ai,bj,ocij->abco", kernel, kernel, weight.double())
    return packed.reshape(36, *packed.shape[2:]).to(weight.dtype)


def winograd(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    padding: tuple[int, int],
    relu: bool = False,
) -> Tensor:
    """A 3x3 convolution of stride 1 in tiles of 4x4 results, some two hundred tiles at a time."""
    n, c, height, width = x.shape
    height, width = height + 2 * padding[0] - 2, width + 2 * padding[1] - 2
    down, across = -(-height // 4), -(-width // 4)
    below, right = (
        4 * down + 2 - x.shape[2] - padding[0],
        4 * across + 2 - x.shape[3] - padding[1],
    )
    pads = (0, 0, padding[1], right, padding[0], below)
    image = F.pad(x.permute(0, 2, 3, 1), pads).contiguous()
    result = image.new_empty(n, 4 * down, 4 * across, weight.shape[2])
    transform, inverse = winograd_transforms(x.dtype)
    _, row, column, _ = image.stride()
    rows = max(1, 224 // across)
    for picture in range(n):
        for top in range(0, down, rows):
            count = min(rows, down - top)
            tiles = image[picture, 4 * top :].as_strided(
                (6, 6, count, across, c), (row, column, 4 * row, 4 * column, 1)
            )
            tiles = torch.mm(transform, tiles.reshape(36, -1)).view(36, -1, c)
            product = torch.bmm(tiles, weight)
            if bias is not None:
                product[7] += bias  # which the inverse spreads evenly over a tile
            tiles = torch.mm(inverse, product.view(36, -1))
            tiles = tiles.view(4, 4, count, across, -1).permute(2, 0, 3, 1, 4)
            target = result[picture, 4 * top : 4 * (top + count)].view(tiles.shape)
            if relu:
                torch.clamp_min(tiles, 0, out=target)
            else:
                target.copy_(tiles)
    result = result[:, :height, :width].permute(0, 3, 1, 2)
    return result.contiguous(memory_format=torch.channels_last)


@functools.cache
def winograd_transforms(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Of a tile of 6x6 values into the domain, and of 36 products into a tile of 4x4 results."""
    into = [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
    out_of = [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]
    one, other = (torch.tensor(rows, dtype=dtype) for rows in (into, out_of))
    return torch.kron(one, one), torch.kron(other, other)
