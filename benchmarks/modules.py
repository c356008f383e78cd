"""Generated modules against torchvision's: building ResNet-152, and forward and backward passes.

Beside each ratio stands that of a second, equal torchvision module: what the machine's noise makes of no difference.

python benchmarks/modules.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))

from _measure import report
from _peers import torchvision_models

import resdsl
from resdsl.runtime import build_module
from resdsl.runtime.bench.protocol import interleave, ratio

NETS = ["resnet18", "resnet50"]


def forward(net: nn.Module, x: torch.Tensor) -> None:
    with torch.inference_mode():
        net(x)


def step(net: nn.Module, x: torch.Tensor) -> None:
    net.zero_grad(set_to_none=True)
    net(x).square().mean().backward()


def main() -> None:
    source = resdsl.load("resnet152").source()
    build = interleave(
        {"resdsl": lambda: build_module(source), "torchvision": lambda: torchvision_models().resnet152()}, visits=8
    )
    result: dict[str, object] = {"build_resnet152": ratio(build["resdsl"], build["torchvision"])}
    seconds = {f"build resnet152, {name}": times for name, times in build.items()}
    x = torch.randn(2, 3, 224, 224)
    for name in NETS:
        ours, peer, twin = resdsl.load(name).module(), *(getattr(torchvision_models(), name)() for _ in range(2))
        peer.load_state_dict(ours.state_dict())
        twin.load_state_dict(ours.state_dict())
        for kind, run in (("forward", forward), ("step", step)):
            for net in (ours, peer, twin):
                net.train(kind == "step")
            variants = {"resdsl": ours, "torchvision": peer, "torchvision again": twin}
            times = interleave({who: lambda n=net, f=run: f(n, x) for who, net in variants.items()}, visits=7)
            result[f"{kind}_{name}"] = {
                "resdsl": ratio(times["resdsl"], times["torchvision"]),
                "control": ratio(times["torchvision again"], times["torchvision"]),
            }
            seconds |= {f"{kind} {name}, {who}": t for who, t in times.items()}
    report("modules", {**result, "seconds": seconds})


if __name__ == "__main__":
    main()
