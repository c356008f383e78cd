"""Faults as data, and their renderings."""

from resdsl.diagnostics.model import (
    CompileError,
    Diagnostic,
    Fault,
    Frame,
    InternalError,
    Label,
    Report,
    Severity,
    WeightsError,
)

__all__ = [
    "CompileError",
    "Diagnostic",
    "Fault",
    "Frame",
    "InternalError",
    "Label",
    "Report",
    "Severity",
    "WeightsError",
]
