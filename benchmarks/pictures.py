"""Pictures and tables of the same networks by three tools: resdsl, torchview and torchinfo.

Run it as `python benchmarks/pictures.py` where torchview and torchinfo can be imported (they are no dependency; the
versions are recorded); `--no-write` keeps the results as they are. Each is given what it works on: resdsl the spec, the
others the module that resdsl generates, on the meta device. Times are of one picture in a warm process, medians of 3.
"""

from __future__ import annotations

import importlib.metadata
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

import torch
from _measure import report

import resdsl

NETS = ("resnet50", "densenet121", "googlenet", "highway19_cifar10", "resnet1202_cifar10")
ROUNDS = 3
SLOW = 120
"""Seconds that `dot` is given."""


def median(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and the last result."""
    seconds = []
    result = None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
        if seconds[-1] > 20:
            break
    return statistics.median(seconds), result


def drawn(dot: str) -> dict[str, Any]:
    """What `dot` makes of a text: nodes, edges, size of the picture, seconds."""
    began = time.perf_counter()
    try:
        plain = subprocess.run(["dot", "-Tplain"], input=dot, capture_output=True, text=True, check=True, timeout=SLOW)
    except subprocess.TimeoutExpired:
        return {"nodes": len(re.findall(r"^\s*\w+ \[", dot, re.MULTILINE)), "layout_s": f"> {SLOW}"}
    lines = plain.stdout.splitlines()
    width, height = (float(number) for number in lines[0].split()[2:4])
    return {
        "nodes": sum(line.startswith("node ") for line in lines),
        "edges": sum(line.startswith("edge ") for line in lines),
        "inches": [round(width, 1), round(height, 1)],
        "layout_s": round(time.perf_counter() - began, 2),
    }


def ours(name: str) -> dict[str, Any]:
    seconds, text = median(lambda: resdsl.load(name).render(format="dot"))
    table = median(lambda: resdsl.load(name).summary().to_table())
    return {
        "dot_s": round(seconds, 3),
        "dot_kB": round(len(text.encode()) / 1000, 1),
        **drawn(text),
        "summary_s": round(table[0], 3),
        "summary_lines": table[1].count("\n"),
    }


def torchview(module: torch.nn.Module, size: list[int]) -> dict[str, Any]:
    from torchview import draw_graph

    def draw() -> str:
        made = draw_graph(module, input_size=(1, *size), device="meta", expand_nested=True, depth=10)
        return str(made.visual_graph.source)

    seconds, text = median(draw)
    return {"dot_s": round(seconds, 3), "dot_kB": round(len(text.encode()) / 1000, 1), **drawn(text)}


def torchinfo(module: torch.nn.Module, size: list[int]) -> dict[str, Any]:
    from torchinfo import summary

    seconds, table = median(lambda: str(summary(module, input_size=(1, *size), device="meta", depth=10, verbose=0)))
    macs = re.search(r"mult-adds \(([^)]*)\): ([\d.,]+)", table)
    return {
        "summary_s": round(seconds, 3),
        "summary_lines": table.count("\n") + 1,
        "multiply_adds": f"{macs[2]} {macs[1]}" if macs else None,
    }


def main() -> None:
    results: dict[str, Any] = {"versions": {n: importlib.metadata.version(n) for n in ("torchview", "torchinfo")}}
    for name in NETS:
        net = resdsl.load(name)
        size = [int(n) for n in net.summary().input.split("x")]
        with torch.device("meta"):
            module = net.module().eval()
        found = {"resdsl": ours(name), "torchinfo": torchinfo(module, size)}
        found["torchview"] = torchview(module, size)
        results[name] = found
        print(name, found, flush=True)
    report("pictures", results)


if __name__ == "__main__":
    main()
