"""A net with a block and a shortcut policy of one's own (own_block.res), trained for a few steps on noise.

Run it with `python examples/02_own_block.py`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import resdsl

SPEC = Path(__file__).with_name("own_block.res")


def main() -> None:
    torch.manual_seed(0)
    module = resdsl.load(SPEC, n=1).module()
    print([name for name, _ in module.named_parameters() if "downsample" in name])

    images, labels = torch.randn(16, 3, 32, 32), torch.randint(10, (16,))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    for step in range(8):
        loss = nn.functional.cross_entropy(module(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
