"""How much memory of values is alive while a module runs: every storage that PyTorch has made and not yet freed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Live(TorchDispatchMode):
    """The largest sum of the sizes of storages alive, weights apart, after any operator."""

    def __init__(self, weights: set[int]) -> None:
        super().__init__()
        self.weights = weights
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self.most = 0

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, result)):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self.weights:
                    self.alive[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        self.alive = {place: one for place, one in self.alive.items() if not one[0].expired()}
        self.most = max(self.most, sum(size for _, size in self.alive.values()))
        return result


def most_alive(module: nn.Module, *sizes: Sequence[int]) -> int:
    """Bytes of values at their most while `module`, on the meta device, runs in eval on one input of each size."""
    weights = {tensor.untyped_storage()._cdata for tensor in (*module.parameters(), *module.buffers())}
    with torch.no_grad(), _Live(weights) as live:
        module.eval()(*(torch.empty(1, *size, device="meta") for size in sizes))
    return live.most
