"""The pipeline for users: from a spec to an architecture, or to what is wrong with it; and weights from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.architecture import Architecture, PictureWarning
from resdsl.diagnostics import Report
from resdsl.limits import DEFAULT, Limits
from resdsl.records import Record
from resdsl.source import Source
from resdsl.specs import Input, Spec, choose, find, input_size

if TYPE_CHECKING:
    import torch

    from resdsl.elaborate import Program
    from resdsl.lints import Linter
    from resdsl.runtime.weights import Mapping as WeightMapping
    from resdsl.syntax.tree import Expr

__all__ = [
    "Architecture",
    "Checked",
    "Input",
    "PictureWarning",
    "check",
    "compile_spec",
    "input_size",
    "inspect",
    "load",
    "transplant",
]


def load(
    path_or_name: str | os.PathLike[str],
    /,
    model: str | None = None,
    *,
    input: Input | None = None,  # noqa: A002 - the word that the language has
    **params: Any,
) -> Architecture:
    """One model of a spec, elaborated.

    `path_or_name` is a file (it ends in `.res` or has a separator), `FILE:MODEL`, the name of a network that ships,
    or `-` for standard input. `model` may be left out where only one can be built without arguments. `input`
    replaces the size the spec gives; `params` are the model's parameters (numbers, strings, booleans, lists).

    Raises `CompileError` if the spec has errors, `SpecError` if there is no such network or model, `OSError` if
    the file cannot be read.
    """
    return compile_spec(find(path_or_name), model, arguments=params, size=input_size(input))


def compile_spec(
    spec: Spec,
    model: str | None = None,
    *,
    source: Source | None = None,
    arguments: Mapping[str, Expr | Any] | None = None,
    size: tuple[int, ...] | None = None,
    limits: Limits = DEFAULT,
    broken: bool = False,
) -> Architecture:
    """The pipeline: text, program, graph. `source` is the text, if it is known already. Raises as `load` does.

    With `broken` a net that has faults is there as far as it goes, if any of it is: for pictures alone.
    """
    from resdsl.elaborate import build, load_program

    report = Report()
    source = source or spec.read(report, limits)
    program = load_program(source, report, limits=limits) if source else None
    name = choose(program, spec, model, report) if program else None
    graph = None
    if program and name:
        given = arguments or {}
        until = program.deadline
        graph = build(program, name, report, arguments=given, input_size=size, deadline=until, partial=broken)
    if graph is None or not broken or not len(graph):
        report.raise_if_failed()
    assert graph is not None
    graph.faults = report.errors
    return Architecture(graph, tuple(report))


class Checked(Record):
    """What a check of a spec found."""

    report: Report
    source: Source | None
    """Its text; `None`, with a fault in the report, where there is none to read."""
    models: tuple[str, ...] = ()
    """What was looked at."""
    unbuilt: Mapping[str, tuple[str, ...]] = {}
    """Of those, the ones with parameters that have no value, and these: checked for names and arguments alone."""
    files: frozenset[Path] = frozenset()
    """Where the imports lead, whether or not there is a file."""


def inspect(
    spec: Spec,
    *,
    source: Source | None = None,
    arguments: Mapping[str, Expr | Any] | None = None,
    size: tuple[int, ...] | None = None,
    limits: Limits = DEFAULT,
    lints: bool = True,
) -> Checked:
    """Every fault of a file, or of one model: the one asked for, or the only one if there are arguments or a size.

    Where there are no errors, `lints` looks for more to warn of. `source` is the text, if it is known already. Raises
    `OSError` if it cannot be read, `SpecError` if there is no such model.
    """
    from resdsl.elaborate import build, check_empty, load_program

    report = Report()
    source = source or spec.read(report, limits)
    if source is None:
        return Checked(report, None)
    program = load_program(source, report, limits=limits)
    files, given = frozenset(program.files), arguments or {}
    models = tuple(program.models)
    if spec.model is not None or given or size is not None:
        name = choose(program, spec, None, report)
        models = (name,) if name else ()
    else:
        check_empty(program, report)
    unbuilt = _unbuilt(program, models, given)
    linter = _linter(program, given) if lints and not report.failed else None
    for name in models:
        if name not in unbuilt:
            graph = build(program, name, report, arguments=given, input_size=size, deadline=program.deadline)
            if linter and graph and not report.failed:
                linter.look(graph)
    if linter and not report.failed:
        report.extend(linter.finish())
    return Checked(report, source, models, unbuilt, files)


def _linter(program: Program, arguments: Mapping[str, Any]) -> Linter:
    from resdsl.lints import Linter

    return Linter(program, arguments)


def _unbuilt(program: Program, models: Iterable[str], given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The parameters that have no value, of the models that have any such."""
    found = {
        name: tuple(param for param, has in program.models[name].params if not has and param not in given)
        for name in models
    }
    return {name: lacking for name, lacking in found.items() if lacking}


def check(spec: Spec, *, limits: Limits = DEFAULT, files: set[Path] | None = None) -> tuple[Report, tuple[str, ...]]:
    """`inspect`, for its report and models alone. `files` receives where the imports lead."""
    checked = inspect(spec, limits=limits)
    if files is not None:
        files |= checked.files
    return checked.report, checked.models


def transplant(
    source: Mapping[str, torch.Tensor] | torch.nn.Module | str | os.PathLike[str],
    target: torch.nn.Module | Architecture,
    *,
    architecture: Architecture | None = None,
    mapping: WeightMapping | str | os.PathLike[str] | None = None,
    pins: Mapping[str, str] | None = None,
    reshape: bool = False,
) -> WeightMapping:
    """Weights from elsewhere into a module; returns which tensor became which.

    `source` is a `state_dict`, a module, a file (`.safetensors`; `.pth` or `.pt` with nothing but tensors in it), or
    `"torchvision:NAME"` (also timm, pytorchcv), which downloads. Where names do not agree, the mapping is found from
    order, kind and shape; `architecture`, what the module was made from, helps with what stands side by side. `pins`
    says of modules of the source which of the target's they are; `mapping` is one that was found before, or its file.
    `reshape` lets a linear layer's weight come from a convolution's. If `target` is an architecture, the mapping is
    found and nothing is filled.

    Raises `WeightsError` if the weights do not fit, or fit in several ways, and `OSError` if a file cannot be read. The
    module is then as it was.
    """
    from resdsl.runtime.weights import transplanting

    return transplanting.transplant(
        source,
        target.ir if isinstance(target, Architecture) else target,
        graph=architecture.ir if architecture else None,
        mapping=mapping,
        pins=pins,
        reshape=reshape,
    )
