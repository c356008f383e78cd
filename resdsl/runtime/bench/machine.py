"""What figures were measured on: processor, threads, versions, date."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "torchvision", "timm", "onnx", "onnxscript", "onnxruntime")


def machine(device: str = "cpu") -> dict[str, Any]:
    """What figures were measured on. `device` is that of the nets: of CUDA the card is named."""
    import torch

    gpu = {}
    if device == "cuda":
        card = torch.cuda.get_device_properties(0)
        gpu = {"gpu": card.name, "gpu_bytes": card.total_memory, "cuda": torch.version.cuda}
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "vectors": torch.backends.cpu.get_cpu_capability(),
        **gpu,
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def versions() -> dict[str, str]:
    """Of resdsl and the packages that are compared, as far as they are installed."""
    from resdsl import __version__

    found = {"resdsl": __version__}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor()
