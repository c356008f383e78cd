"""Variables and attributes of generated classes, from the names of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword

from resdsl.backends.torch.dataflow import owner
from resdsl.backends.torch.modules import Context, torch_text
from resdsl.backends.torch.steps import CallStep, NodeStep, Step, UnitStep
from resdsl.graph import Node, Scope


def argument_name(key: str) -> str:
    """The argument that a shared module with this key is handed on as."""
    return identifier(key.rsplit(".", 1)[-1])


def identifier(name: str) -> str:
    """A name of the language as a Python variable."""
    clean = re.sub(r"\W", "_", name)
    if not clean.isidentifier() or iskeyword(clean) or clean in {"self", "torch", "nn", "F", "Tensor"}:
        clean = f"{clean}_" if clean.isidentifier() else f"v{clean}"
    return clean


def attribute_names(context: Context, scope: Scope, steps: list[Step]) -> dict[Node | Scope, str]:
    """One attribute for all equal modules without weights that nobody named: `self.relu` instead of three."""
    names: dict[Node | Scope, str] = {}
    groups: dict[str, list[Node]] = {}
    taken: set[str] = set()
    for step in _flat(steps):
        if isinstance(step, CallStep):
            taken.add(owner(step.scope)[1])
            continue
        node = step.node
        weightless = not node.op.weights(context.flow.graph.shapes(node))
        if node.name is None or owner(node)[0] is not scope:
            continue
        if weightless and re.fullmatch(re.escape(node.op.kind) + r"\d+", node.name):
            groups.setdefault(node.op.kind, []).append(node)
        else:
            taken.add(owner(node)[1])
    for kind, nodes in groups.items():
        texts = {repr(torch_text(context.flow, node).layer) for node in nodes}
        inplace = {context.may_overwrite(node) for node in nodes}
        if len(texts) == 1 and len(inplace) == 1 and kind not in taken:
            names.update(dict.fromkeys(nodes, kind))
    return names


def member_names(scope: Scope, steps: list[Step]) -> set[str]:
    """The names that the text gives to members of a scope, dotted where they stand in containers."""
    items = [step.scope if isinstance(step, CallStep) else step.node for step in _flat(steps)]
    owners = [owner(item) for item in items if item.name is not None]
    return {name for home, name in owners if home is scope}


def in_text_order(steps: list[Step]) -> Iterator[Step]:
    """Steps as they are written, those of a residual before it itself."""
    for step in steps:
        if isinstance(step, UnitStep):
            yield from in_text_order(step.written)
        yield step


def _flat(steps: list[Step]) -> list[NodeStep | CallStep]:
    found: list[NodeStep | CallStep] = []
    for step in steps:
        if isinstance(step, NodeStep | CallStep):
            found.append(step)
        elif isinstance(step, UnitStep):
            found += _flat(step.written)
        elif step.step is not None:
            found.append(step.step)
    return found
