"""The file: its header, the blocks, and the model itself."""

from __future__ import annotations

from collections import defaultdict

from resdsl.backends.res.blocks import Definitions
from resdsl.backends.res.defaults import Defaults, common_defaults
from resdsl.backends.res.folding import fold
from resdsl.backends.res.keeping import Activation, drop_unread, keep_values
from resdsl.backends.res.labels import write_labels
from resdsl.backends.res.reading import Reader
from resdsl.backends.res.steps import Block, Body, Call, walk
from resdsl.backends.res.values import argument
from resdsl.backends.res.writing import Writer
from resdsl.graph import Graph
from resdsl.ops.arguments import words_of
from resdsl.ops.inputs import Input
from resdsl.ops.registry import operator


def model_text(graph: Graph, reader: Reader, definitions: Definitions) -> str:
    """The text of a graph whose blocks are defined."""
    body = _body(graph, reader, definitions)
    defaults = common_defaults(graph)
    writer = Writer(defaults)
    header = "".join(f"# {line}".rstrip() + "\n" for line in graph.header.split("\n") if line.strip())
    blocks = "\n\n".join(map(writer.block, _called(body)))
    statements = writer.lines(body)
    at = bool(body.schedule)
    settings = [*statements[:at], *_defaults(defaults)]
    lines = [*_inputs(graph), *settings, *([""] if settings else []), *statements[at:], *_outputs(graph)]
    model = f"model {graph.name} {{\n" + "\n".join(lines) + "\n}\n"
    return "\n".join(part for part in (header, f"{blocks}\n" if blocks else "", model) if part)


def _body(graph: Graph, reader: Reader, definitions: Definitions) -> Body:
    """The model's steps."""
    inputs = [graph.node(node) for node in graph.inputs]
    named = {node.id: str(node.op.name) for node in inputs if isinstance(node.op, Input) and node.op.name is not None}
    entry = next((node.id for node in inputs if node.id not in named), graph.inputs[0])
    single = graph.outputs[0].node if graph.outputs[0].name is None else None
    body, _ = reader.names(graph.root, entry, numbered=False, end=single)
    outputs: dict[int, list[str]] = defaultdict(list)
    for output in graph.outputs:
        if output.name is not None and named.get(output.node) != output.name:
            outputs[output.node].append(output.name)
    activation = Activation(body, entry, named, tuple(outputs), dict(outputs))
    keep_values(graph, activation, definitions.taken, mentioned=False)
    write_labels(body)
    fold(body)
    drop_unread(body, {output.name for output in graph.outputs if output.name is not None})
    return body


def _called(body: Body) -> list[Block]:
    """The blocks that a body calls, in order, each behind those that it calls itself."""
    found: dict[int, Block] = {}
    for step in walk(body):
        if isinstance(step, Call) and isinstance(step.callee, Block) and id(step.callee) not in found:
            found |= {id(block): block for block in [*_called(step.callee.body), step.callee] if id(block) not in found}
    return list(found.values())


def _inputs(graph: Graph) -> list[str]:
    lines: list[str] = []
    for node in graph.inputs:
        op = graph.node(node).op
        assert isinstance(op, Input)
        name = f"{op.name}: " if op.name is not None else ""
        lines.append(f"input {name}{'x'.join(map(str, (op.channels, *op.size)))}")
    return lines


def _defaults(defaults: Defaults) -> list[str]:
    lines: list[str] = []
    for kind, values in defaults.items():
        fields = operator(kind).model_fields
        texts = [f"{name}={argument(value, word=bool(words_of(fields[name])))}" for name, value in values.items()]
        lines.append(f"default {kind}({', '.join(texts)})")
    return lines


def _outputs(graph: Graph) -> list[str]:
    if graph.outputs[0].name is None:
        return []
    return [f"output {', '.join(str(output.name) for output in graph.outputs)}"]
