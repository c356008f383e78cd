"""Generated modules against torchvision's: building ResNet-152, and forward and backward passes.

python benchmarks/modules.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))

from _measure import figures, interleave, ratio, report
from _peers import torchvision_models

import resdsl
from resdsl.runtime import build_module

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
    seconds = {f"build resnet152, {name}": figures(times) for name, times in build.items()}
    x = torch.randn(2, 3, 224, 224)
    for name in NETS:
        ours, peer = resdsl.load(name).module(), getattr(torchvision_models(), name)()
        peer.load_state_dict(ours.state_dict())
        for kind, run in (("forward", forward), ("step", step)):
            for net in (ours, peer):
                net.train(kind == "step")
            times = interleave(
                {"resdsl": lambda n=ours, f=run: f(n, x), "torchvision": lambda n=peer, f=run: f(n, x)}, visits=10
            )
            result[f"{kind}_{name}"] = ratio(times["resdsl"], times["torchvision"])
            seconds |= {f"{kind} {name}, {who}": figures(t) for who, t in times.items()}
    report("modules", {**result, "seconds": seconds})


if __name__ == "__main__":
    main()
