"""Faults as data, and their renderings."""

from resdsl.diagnostics.model import (
    CompileError,
    Diagnostic,
    Edit,
    Fault,
    Fix,
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
    "Edit",
    "Fault",
    "Fix",
    "Frame",
    "InternalError",
    "Label",
    "Report",
    "Severity",
    "WeightsError",
]
