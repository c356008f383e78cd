"""A file and what it imports: definitions under their names, and the models that can be built."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from resdsl.diagnostics import Label, Report
from resdsl.diagnostics.suggest import respelling
from resdsl.elaborate.binding import (
    ArgumentFault,
    Assignment,
    Signature,
    assign_to,
    params_signature,
)
from resdsl.elaborate.context import Home, file_context
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.imports import Importer
from resdsl.elaborate.names import CONTEXTUAL
from resdsl.elaborate.reporter import Stop
from resdsl.elaborate.statics import resolve_files
from resdsl.elaborate.values import UNKNOWN, BlockValue, Given, ModelValue
from resdsl.limits import DEFAULT, Deadline, Limits
from resdsl.records import Record
from resdsl.source import Source, Span
from resdsl.syntax import parse, tree

PYTHON_FRAMES = 150_000
"""Python frames while a spec is elaborated: 1,000 calls within each other, each through dozens of constructs."""


class ModelInfo(Record):
    """What is known of a model before it is built."""

    name: str
    params: tuple[tuple[str, bool], ...]
    """Its parameters (a variant's are those of its model) and whether each has a value."""
    buildable: bool
    """Whether every parameter has a value."""
    span: Span
    header: str


@dataclass(slots=True)
class Program:
    """A parsed file with its imports."""

    home: Home
    models: dict[str, ModelInfo]
    limits: Limits
    deadline: Deadline
    """For reading the file and for the first build of its models."""
    chains: dict[str, Chain] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)
    """Where its imports lead and theirs, as they are written: read, missing or refused."""
    imports: tuple[Home, ...] = ()
    """The files that it uses, themselves or through others, in the order of reading; each once."""


@dataclass(slots=True)
class Chain:
    """The model that a name leads to, and the calls of variants on the way, the model's own caller first."""

    model: tree.Model
    home: Home
    calls: list[tuple[tree.Variant, Home, Assignment]] = field(default_factory=list)

    @property
    def signature(self) -> Signature:
        return params_signature(self.model.name.name, self.model.params)

    def bound(self) -> set[str]:
        return {name for _, _, assignment in self.calls for name, _, _ in assignment}


def load_program(
    source: Source,
    report: Report,
    *,
    limits: Limits = DEFAULT,
    read: Callable[[Path], bytes] | None = None,
) -> Program:
    """Parses a text, resolves its imports and checks names and arguments everywhere; all faults into the report."""
    deadline = Deadline(limits)
    file = parse(source, report, limits=limits, deadline=deadline)
    evaluator = Evaluator(report, limits, deadline)
    program = Program(Home(file), {}, limits, deadline)
    with workspace():
        try:
            importer = Importer(evaluator, source, define, read)
            program.files = importer.files
            define(program.home, importer)
            program.imports = tuple(importer.homes.values())
            resolve_files((*importer.homes.values(), program.home), evaluator)
            for name in list(program.home.pending):
                if name not in program.home.values:
                    evaluator.file_let(program.home, name)
            for item in file.items:
                if isinstance(item, tree.Model | tree.Variant):
                    describe(program, item, evaluator)
        except Stop:
            return program
        except RecursionError:
            evaluator.error("E219", "the constructs of this file lie within each other too deeply", Span(source, 0, 0))
    return program


@contextmanager
def workspace() -> Iterator[None]:
    """Room for the recursion that the limits allow, and no garbage collection.

    What elaboration makes lives as long as the graph: looking for garbage in it takes a third of the time.
    """
    before, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(before, PYTHON_FRAMES))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
        if collecting:
            gc.enable()


def define(home: Home, importer: Importer) -> None:
    """Enters a file's definitions and imports under their names."""
    evaluator = importer.evaluator
    for item in home.file.items:
        match item:
            case tree.Use():
                for ident, value in importer.take(item, home):
                    if free(evaluator, home, ident):
                        home.values[ident.name] = value
            case tree.Block():
                if free(evaluator, home, item.name):
                    home.values[item.name.name] = BlockValue(item, home)
                    home.own.add(item.name.name)
            case tree.Model() | tree.Variant():
                if free(evaluator, home, item.name):
                    home.values[item.name.name] = ModelValue(item, home)
                    home.own.add(item.name.name)
            case tree.FileLet(let=let):
                if free(evaluator, home, let.name):
                    home.pending[let.name.name] = let
                    home.own.add(let.name.name)


def free(evaluator: Evaluator, home: Home, ident: tree.Ident) -> bool:
    """Whether a name of the file is not taken; otherwise a report."""
    name = ident.name
    if name in evaluator.predefined or name in CONTEXTUAL:
        evaluator.error("E104", f"`{name}` is predefined", ident.span)
        return False
    first = home.spans.setdefault(name, ident.span)
    if first is not ident.span:
        evaluator.error("E104", f"`{name}` is defined twice", ident.span, secondary=[Label(first, "the first one")])
        return False
    return True


# --- models --------------------------------------------------------------------------------------


def describe(program: Program, item: tree.Model | tree.Variant, evaluator: Evaluator) -> None:
    """Notes a model of the root file; a variant is followed to its model, with its arguments checked."""
    name = item.name.name
    if name in program.models:
        return
    chain = follow(item, program.home, evaluator)
    header = program.home.file.header
    if chain is None:
        program.models[name] = ModelInfo(name, (), False, item.name.span, header)
        return
    bound = chain.bound()
    params = tuple((p.name.name, p.default is not None or p.name.name in bound) for p in chain.model.params)
    buildable = all(has for _, has in params)
    program.chains[name] = chain
    program.models[name] = ModelInfo(name, params, buildable, item.name.span, header)
    if isinstance(item, tree.Variant) and not buildable:
        lacking = [f"`{p}`" for p, has in params if not has]
        message = f"{chain.model.name.name} needs its argument{'s' * (len(lacking) > 1)} {' and '.join(lacking)}"
        evaluator.error("E121", message, item.call.span)


def follow(item: tree.Model | tree.Variant, home: Home, evaluator: Evaluator) -> Chain | None:
    """From a variant to its model; `None`, with a report, where that fails."""
    variants: list[tuple[tree.Variant, Home]] = []
    while isinstance(item, tree.Variant):
        if any(item is seen for seen, _ in variants):
            # Every member of the cycle comes here; the report is at the first of them in the text.
            first = min((seen for seen, _ in variants), key=lambda seen: seen.span.sort_key())
            evaluator.error("E115", f"`{first.name.name}` is a variant of itself", first.call.name.span)
            return None
        variants.append((item, home))
        name = item.call.name
        value = home.values.get(name.name)
        if isinstance(value, ModelValue):
            item, home = value.definition, value.home
            continue
        if name.name not in home.file.faulty_names and value is not UNKNOWN:
            unknown_model(evaluator, home, name)
        return None
    chain = Chain(item, home)
    for variant, where in reversed(variants):
        assignment, faults = assign_variant(chain, variant.call)
        for fault in faults:
            evaluator.error(
                fault.code, fault.message, fault.span, secondary=fault.secondary, help=fault.help, fixes=fault.fixes
            )
        if faults:
            return None
        chain.calls.append((variant, where, assignment))
    return chain


def unknown_model(evaluator: Evaluator, home: Home, name: tree.Ident) -> None:
    models = [n for n, v in home.values.items() if isinstance(v, ModelValue)]
    near = respelling(name.name, name.span, models)
    evaluator.error("E115", f"there is no model `{name.name}`", name.span, **near)


def assign_variant(chain: Chain, call: tree.Call) -> tuple[Assignment, list[ArgumentFault]]:
    """A variant's arguments: by place to what is still free, by name also instead of an earlier variant's."""
    to = chain.signature
    bound = chain.bound()
    free_names = tuple(name for name in to.names if name not in bound)
    by_place = tuple(arg for arg in call.args or () if arg.name is None)
    by_name = tuple(arg for arg in call.args or () if arg.name is not None)
    first, faults = assign_to(Signature(to.title, free_names, (), {}), by_place)
    given = tuple(Given(name, None, arg.span) for name, arg, _ in first)
    second, more = assign_to(to, by_name, given)
    return first + second, faults + more


def variant_arguments(chain: Chain, evaluator: Evaluator) -> dict[str, Given]:
    """The values that the variants of a chain give, the outermost winning."""
    bound: dict[str, Given] = {}
    for _, home, assignment in chain.calls:
        context = file_context(home)
        for name, arg, _ in assignment:
            if arg.later is not None:
                evaluator.error("E210", "`then` outside a repeat has no meaning", arg.span)
            bound[name] = Given(name, evaluator.evaluate(arg.value, context), arg.value.span)
    return bound
