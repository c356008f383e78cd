"""Exports: a net as ONNX, as a `torch.export` program, as an AOTInductor package, and its weights as safetensors."""

from resdsl.runtime.export.aoti import AotiRunner, aoti_package
from resdsl.runtime.export.comparing import TOLERANCE, Comparison, compare
from resdsl.runtime.export.formats import BATCHES, FORMATS, SUFFIXES, Exported, Format, export
from resdsl.runtime.export.onnx import OnnxSession, onnx_model
from resdsl.runtime.export.preparing import Batch, PackageMissingError
from resdsl.runtime.export.pt2 import load_program, pt2_program
from resdsl.runtime.export.safetensors import safetensors_file

__all__ = [
    "BATCHES",
    "FORMATS",
    "SUFFIXES",
    "TOLERANCE",
    "AotiRunner",
    "Batch",
    "Comparison",
    "Exported",
    "Format",
    "OnnxSession",
    "PackageMissingError",
    "aoti_package",
    "compare",
    "export",
    "load_program",
    "onnx_model",
    "pt2_program",
    "safetensors_file",
]
