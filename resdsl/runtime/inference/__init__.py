"""Nets for inference: as fast as the machine allows, and still a file one can read."""

from resdsl.runtime.inference.compiling import TOLERANCE, Compiled, InferenceError, compile_inference
from resdsl.runtime.inference.engines import SUFFIXES, Engine, fastest_engine

__all__ = ["SUFFIXES", "TOLERANCE", "Compiled", "Engine", "InferenceError", "compile_inference", "fastest_engine"]
