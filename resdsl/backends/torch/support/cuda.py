"""Layers of inference on CUDA devices."""

import torch
from torch import Tensor, nn

from resdsl.backends.torch.support.common import ActivatedConv2d, finish


class FusedConv2d(ActivatedConv2d):
    """A convolution with its activation and, where one is given, a residual's addition.

    With kernel="cudnn" and ReLU these are one call, on a CUDA device; elsewhere they follow one another.
    """

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Tensor:
        one_call = self.kernel == "cudnn" and self.activation == "relu"
        if not (one_call and x.is_cuda):
            return finish(super().forward(x), residual, self.activation)
        geometry = (self.bias, self.stride, self.padding, self.dilation, self.groups)
        if residual is None:
            return torch.cudnn_convolution_relu(x, self.weight, *geometry)
        weights = (self.weight, residual, 1.0)
        return torch.cudnn_convolution_add_relu(x, *weights, *geometry)


class Captured:
    """A model as one CUDA graph for each shape of its input: a call copies the input, and launches once.

    A result is overwritten by the next call with the same shape: clone what is to stay. Without a CUDA device the
    model is called as it is.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.graphs: dict[tuple[torch.Size, ...], tuple] = {}

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        if not inputs[0].is_cuda:
            return self.model(*inputs)
        shapes = tuple(x.shape for x in inputs)
        if shapes not in self.graphs:
            self.graphs[shapes] = self.capture(inputs)
        graph, places, result = self.graphs[shapes]
        for place, x in zip(places, inputs, strict=True):
            place.copy_(x)
        graph.replay()
        return result

    def capture(self, inputs: tuple[Tensor, ...]) -> tuple:
        """The graph, the tensors that it reads, and what it writes."""
        places = tuple(x.clone() for x in inputs)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # cuDNN chooses algorithms before it
            for _ in range(3):
                self.model(*places)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self.model(*places)
        return graph, places, result
