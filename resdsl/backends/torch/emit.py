"""A graph as a file of Python: what a good engineer would have written by hand, on torch alone."""

from __future__ import annotations

import re

from resdsl.analysis.metrics import metrics
from resdsl.analysis.summary import gmacs
from resdsl.backends.torch.classes import ClassPlan, ClassSpec
from resdsl.backends.torch.ir import UNIT
from resdsl.backends.torch.layers import layer_class, layers_of, name_layer
from resdsl.backends.torch.layout import fit as fit_line
from resdsl.backends.torch.members import constructor
from resdsl.backends.torch.prose import class_docstring, safe
from resdsl.backends.torch.render import Callee, Renderer, attribute
from resdsl.backends.torch.sharing import separated
from resdsl.backends.torch.spelling import Names, class_name
from resdsl.backends.torch.stochastic import BASE, base_class
from resdsl.backends.torch.support import Target, definitions
from resdsl.backends.torch.support import names as support_names
from resdsl.graph import Graph, ScopeKind

NAMED = {"chance", "flag", "real"}
"""Kinds of constructor parameters that say too little without their names."""

LOSS_WEIGHTS = "loss_weights"
"""An attribute of the named tuple of training: the weight of each output's loss, in their order."""

CAPTURED = "Captured"
"""What a file for a device defines for whoever calls its model."""

RESERVED = {"Tensor", "NamedTuple", "OrderedDict", "F", "nn", "torch"}


def emit(graph: Graph, support: Target | None = None) -> str:
    """The PyTorch source of a model. Deterministic; stable under `ruff format`.

    A graph that was lowered needs layers that the file defines: `support` is the device that they are for. The file's
    `__all__` names the model's class first, which is constructed without arguments; the keys of its `state_dict` are
    those of `graph.weights()`. Raises `CompileError` (E601) where a shared step with weights is not the same module in
    all its uses.
    """
    return _File(separated(graph), support).text()


class _File:
    def __init__(self, graph: Graph, support: Target | None) -> None:
        self.graph = graph
        self.plan = ClassPlan(graph)
        self.support = support
        self.names = Names(RESERVED | (support_names(support) if support else frozenset()))
        self.model = self.names.fresh(class_name(graph.name, graph.header))
        self.layers = dict.fromkeys(layers_of(self.plan.classes), "")
        for key in self.layers:
            self.layers[key] = name_layer(key, self.names)
        self.chances = {key[0]: name for key, name in self.layers.items() if key[0].startswith(f"{UNIT}.")}
        self.base = self.names.fresh(BASE) if self.chances else None
        self.callees: dict[int, Callee] = {}
        for spec in self.plan.classes:
            name = self.model if spec.scope.parent is None else self.names.fresh(self._name(spec))
            defaults = tuple((p.name, p.default) for p in spec.fit.parameters if p.default is not None)
            named = frozenset(p.name for p in spec.fit.parameters if p.kind in NAMED)
            self.callees[spec.id] = Callee(name, defaults, named)
        self.outputs = self._output_names()

    def _name(self, spec: ClassSpec) -> str:
        scope = spec.scope
        title = scope.title or scope.name or scope.kind.value
        if scope.kind is not ScopeKind.BLOCK:
            title = title.rstrip("0123456789_") or title
        return class_name(title, self.graph.header)

    def _output_names(self) -> dict[str, str]:
        names = {}
        if len(self.graph.outputs) > 1:
            names["main"] = self.names.fresh(f"{self.model}Output")
        if self.graph.aux:
            names["training"] = self.names.fresh(f"{self.model}TrainingOutput")
        return names

    def text(self) -> str:
        sections = [layer_class(key, name) for key, name in self.layers.items()]
        if self.base is not None:
            sections.append(base_class(self.chances, self.base))
        sections += self._output_classes()
        sections += [self._class(spec) for spec in self.plan.classes]
        body = "\n\n\n".join("\n".join(section) for section in sections)
        if self.support:
            body = "\n\n\n".join([*definitions(self.support, f"{body} {CAPTURED}"), body])
        head = [*self._docstring(), "", *_imports(body), "", f'__all__ = ["{self.model}"]']
        return "\n".join(head) + "\n\n\n" + body + "\n"

    def _docstring(self) -> list[str]:
        graph, figures = self.graph, metrics(self.graph)
        shapes = [graph.node(id_).shape for id_ in graph.inputs]
        takes = ", ".join("(" + ", ".join(["N", *map(str, s.full)]) + ")" for s in shapes)
        gives = ", ".join("(" + ", ".join(["N", *map(str, graph.node(o.node).shape.full)]) + ")" for o in graph.outputs)
        header = safe(graph.header)
        lines = [f'"""{self.model}, compiled by resdsl from the model `{graph.name}`.', ""]
        lines += [*header.split("\n"), ""] if header else []
        lines += [
            f"Input {takes}, output {gives}.",
            f"{figures.params:,} parameters, {gmacs(figures.macs)} GMACs, depth {figures.depth}.",
            *([f"`{CAPTURED}` of the model is the fastest way to call it."] if self.support else []),
            '"""',
        ]
        return lines

    def _output_classes(self) -> list[list[str]]:
        main = [(o.name or "output") for o in self.graph.outputs]
        fields = {"main": main, "training": [*main, *(a.name for a in self.graph.aux)]}
        says = {"main": "What the model returns.", "training": "What the model returns in training."}
        weights = {"training": self._loss_weights(len(main))}
        return [
            [
                f"class {name}(NamedTuple):",
                f'    """{says[kind]}"""',
                "",
                *(f"    {f}: Tensor" for f in _fields(fields[kind])),
                *weights.get(kind, ()),
            ]
            for kind, name in self.outputs.items()
        ]

    def _loss_weights(self, main: int) -> list[str]:
        """What the losses of the training outputs weigh, where the text says; unsaid, and for the main outputs, 1."""
        if all(a.weight is None for a in self.graph.aux):
            return []
        weights = [*[1.0] * main, *(1.0 if a.weight is None else float(a.weight) for a in self.graph.aux)]
        return ["", *fit_line(f"{LOSS_WEIGHTS} = ({', '.join(map(repr, weights))})", 1)]

    def _class(self, spec: ClassSpec) -> list[str]:
        renderer = Renderer(spec.fit, self.callees, self.layers)
        init, base = constructor(spec, renderer)
        if spec.scope.parent is None and self.base is not None:
            base = self.base
        lines = [f"class {self.callees[spec.id].name}({base}):", *class_docstring(self.graph, spec.scopes), ""]
        lines += [*init, ""] if init else []
        handed = [f"{name}: {kind}" for name, kind in spec.body.modules]
        takes = [*(f"{name}: Tensor" for name in spec.body.takes), *handed]
        lines += fit_line(f"def forward(self, {', '.join(takes)}) -> {self._returns(spec)}:", 1)
        lines += renderer.statements(spec.body.forward, 2, self.outputs)
        return lines

    def _returns(self, spec: ClassSpec) -> str:
        if spec.scope.parent is not None:
            count = len(self.plan.flow.borders[spec.scope].outputs)
            several = ", ".join(["Tensor"] * count) if count < 4 else "Tensor, ..."
            return "Tensor" if count == 1 else f"tuple[{several}]"
        main = self.outputs.get("main", "Tensor")
        return f"{main} | {self.outputs['training']}" if "training" in self.outputs else main


def _fields(names: list[str]) -> list[str]:
    """Names of outputs as fields of a named tuple."""
    fresh = Names({LOSS_WEIGHTS})
    return [fresh.fresh(n if attribute(n) and not n.startswith("_") else f"output_{i}") for i, n in enumerate(names)]


def _imports(body: str) -> list[str]:
    first = [f"import {name}" for name in ("functools", "warnings") if f"{name}." in body]
    if "OrderedDict(" in body:
        first.append("from collections import OrderedDict")
    if "(NamedTuple)" in body:
        first.append("from typing import NamedTuple")
    second = []
    if "torch." in body:
        second.append("import torch")
    if re.search(r"\bF[.,]", body):
        second.append("import torch.nn.functional as F")
    second.append("from torch import Tensor, nn")
    return [*first, "", *second] if first else second
