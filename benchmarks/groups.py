"""The literal ResNeXt-50, whose units have 32 paths, against the one with grouped convolutions: as they are written,
and as they are compiled for inference, which rewrites the first into the second.

    python benchmarks/groups.py
"""

from __future__ import annotations

import torch
from _measure import report

import resdsl
from resdsl.runtime.bench.protocol import interleave, ratio, verdict

NETS = {"paths": "resnext50_32x4d_paths", "groups": "resnext50_32x4d"}
VISITS = 15


def main() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 3, 224, 224)
    calls = {}
    for form, name in NETS.items():
        net = resdsl.load(name)
        module = net.module().eval()
        fast = net.inference(weights=module.state_dict()).call
        calls[f"{form} as written"] = lambda run=module: run(x)
        calls[f"{form} compiled"] = lambda run=fast: run(x)
    twin = resdsl.load(NETS["groups"]).inference().call
    calls["control"] = lambda: twin(x)
    with torch.inference_mode():
        times = interleave(calls, visits=VISITS)
    control = ratio(times["control"], times["groups compiled"])
    compiled = ratio(times["paths compiled"], times["groups compiled"])
    report(
        "groups",
        {
            "paths_over_groups_as_written": ratio(times["paths as written"], times["groups as written"]),
            "paths_over_groups_compiled": compiled,
            "verdict": verdict(ratio(times["groups compiled"], times["paths compiled"]), control),
            "control": control,
            "seconds": times,
        },
    )


if __name__ == "__main__":
    main()
