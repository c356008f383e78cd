"""What all variants of one job are made from: the same weights, the same inputs."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from resdsl.backends.torch import emit
from resdsl.diagnostics import WeightsError
from resdsl.runtime.bench.job import Job, LeftOutError
from resdsl.runtime.generated import build_module
from resdsl.runtime.peers import PeerMissing, build_peer, keep_all
from resdsl.runtime.weights import checkpoint_of, fill, find_mapping, graph_layout

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_MOVED = 0.9
"""How far running statistics go from those of a fresh module to those of a batch."""


class Bed:
    """Modules of one job, each made anew with the same weights; two sets of inputs.

    The weights are random, the statistics of normalisations those of a batch: a fresh module's hide a fault in folding.
    """

    def __init__(self, job: Job) -> None:
        import torch

        torch.manual_seed(0)
        self.job = job
        self.graph = job.graph
        self.said: list[str] = []
        """What a variant says of how it was built."""
        self.peer, self.note = job.peer, ""
        """Whose network the baseline is, and where it is not the one that the job names, why."""
        ours = build_module(emit(job.graph))
        try:
            theirs = build_peer(job.peer) if job.peer else ours
        except PeerMissing as missing:
            theirs, self.peer, self.note = ours, "", str(missing)
        _settle(theirs, self._random(8))
        given = checkpoint_of(theirs)
        self.state: dict[str, Tensor] = find_mapping(given.layout(), graph_layout(job.graph)).apply(given.tensors)
        """The weights in our names, in fp32 on the CPU."""
        fill(ours, self.state)
        self._ours, self._theirs = ours, theirs
        self.inputs, self.others = (self._placed(self._random(job.batch)) for _ in range(2))

    @cached_property
    def dtype(self) -> torch.dtype:
        """Of weights and inputs."""
        import torch

        return torch.bfloat16 if self.job.dtype == "bf16" and not self.job.train else torch.float32

    def plain(self) -> nn.Module:
        """Our generated module."""
        return self._ready(copy.deepcopy(self._ours))

    def baseline(self) -> nn.Module:
        """The library's module, or our plain one where there is none."""
        return self._ready(copy.deepcopy(self._theirs))

    def exact(self) -> nn.Module:
        """The baseline in fp32, whatever the job's type."""
        import torch

        return self._ready(copy.deepcopy(self._theirs), torch.float32)

    def elsewhere(self, library: str) -> nn.Module:
        """The network of the peer's name in another library. Raises `LeftOutError`."""
        home, _, name = self.peer.partition(":")
        if not name or home == library:
            raise LeftOutError(f"no network of {library} is known to be the same")
        try:
            module = build_peer(f"{library}:{name}")
            mapping = find_mapping(checkpoint_of(module).layout(), graph_layout(self.job.graph))
        except PeerMissing as missing:
            raise LeftOutError(str(missing)) from missing
        except (RuntimeError, TypeError, ValueError, WeightsError) as error:  # what libraries say of unknown names
            raise LeftOutError(f"{library} has no {name} with these weights: {str(error).splitlines()[0]}") from error
        fill(module, mapping.revert(self.state))
        return self._ready(module)

    def mode(self) -> AbstractContextManager[Any]:
        """In which everything is built, checked and timed: one that changes makes compiled code compile again."""
        import torch

        return nullcontext() if self.job.train else torch.inference_mode()

    def _ready(self, module: nn.Module, dtype: torch.dtype | None = None) -> nn.Module:
        if self.job.train:
            keep_all(module)  # a mask each step would make every check a matter of chance
        return module.train(self.job.train).to(self.job.device, dtype or self.dtype)

    def _random(self, batch: int) -> tuple[Tensor, ...]:
        import torch

        shapes = [self.job.graph.node(id_).shape.full for id_ in self.job.graph.inputs]
        return tuple(torch.randn(batch, *shape) for shape in shapes)

    def _placed(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(x.to(self.job.device, self.dtype) for x in inputs)


def _settle(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Random factors and shifts of normalisations, and statistics near those of a batch."""
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    moved = {norm: norm.momentum for norm in norms}
    with torch.no_grad():
        for norm in norms:
            norm.momentum = _MOVED
            if norm.affine:
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_(std=0.1)
        module.train()(*inputs)
    for norm, momentum in moved.items():
        norm.momentum = momentum
