"""One rank of a training run with survival: `python _ddp.py RANK RANKS STORE SOURCE OUT`.

Writes what the rank ends with: its weights, its masks, and whether it saw the whole batch.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

STEPS = 6


def train(net: nn.Module, model: nn.Module, x: torch.Tensor, target: torch.Tensor) -> list[list[int]]:
    """A few steps of SGD with momentum and weight decay; the units that each step computed."""
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=1e-3)
    masks = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), target).backward()
        optimizer.step()
        masks.append(net.active_units)
    return masks


def main() -> None:
    rank, ranks = int(sys.argv[1]), int(sys.argv[2])
    spec = importlib.util.spec_from_file_location("net", sys.argv[4])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    net = getattr(module, module.__all__[0])().train()
    x, target = torch.randn(8, 4, 5, 5), torch.randn(8, 3)
    torch.manual_seed(100 + rank)  # as trainers do for their data: the masks must not depend on it
    if ranks == 1:
        masks = train(net, net, x, target)
    else:
        distributed.init_process_group("gloo", init_method=f"file://{sys.argv[3]}", rank=rank, world_size=ranks)
        model = DistributedDataParallel(net, find_unused_parameters=True)
        masks = train(net, model, x[rank::ranks], target[rank::ranks])
        distributed.destroy_process_group()
    torch.save({"state": net.state_dict(), "masks": masks}, Path(sys.argv[5]) / f"{ranks}-{rank}.pt")


if __name__ == "__main__":
    main()
