"""A graph as text: stable, one line a node, scopes as indentation. For tests and for reading."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph.model import Graph, Node, Scope

INDENT = "  "


def to_text(graph: Graph) -> str:
    """The graph in order of execution: `%7 conv(3, 64, stride=2) %6 -> 64x112x112  layer1.0.conv1`."""
    lines = [f"model {graph.name}"]
    stack: list[tuple[Scope | int, int]] = [(item, 1) for item in reversed(graph.root.items)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, Scope):
            lines.append(INDENT * depth + _scope(item))
            stack.extend((inner, depth + 1) for inner in reversed(item.items))
        else:
            lines.append(INDENT * depth + _node(graph.node(item)))
    lines += [f"{INDENT}output %{output.node}" + (f" {output.name}" if output.name else "") for output in graph.outputs]
    for aux in graph.aux:
        weight = f" ({aux.weight})" if aux.weight is not None else ""
        lines.append(f"{INDENT}aux{weight} %{aux.node} {aux.name}")
    return "\n".join(lines) + "\n"


def _scope(scope: Scope) -> str:
    words = [scope.kind.value]
    if scope.name:
        words.append(scope.name + ("[]" if scope.numbered else ""))
    if scope.title and scope.title != scope.name:
        words.append(f'"{scope.title}"')
    if scope.count is not None:
        words.append(f"x{scope.count}")
    if scope.arguments:
        words.append("(" + ", ".join(f"{name}={value_text(value)}" for name, value in scope.arguments.items()) + ")")
    if scope.survival is not None:
        survival = scope.survival
        words.append(f"survival {survival.chance} per {survival.per} rescale {survival.rescale}")
    if scope.alias_of is not None:
        words.append(f"= {scope.alias_of.path or scope.alias_of.title}")
    return " ".join(words)


def _node(node: Node) -> str:
    operands = "".join(f" %{operand}" for operand in node.operands)
    text = f"%{node.id} {step_text(node)}{operands} -> {node.shape}"
    if node.stride and any(axis != 1 for axis in node.stride):
        text += " /" + "x".join(str(axis) for axis in node.stride)
    if node.name is not None:
        text += f"  {node.path}"
    return text + (f" = %{node.alias_of}" if node.alias_of is not None else "")


def step_text(node: Node) -> str:
    """An operator and its arguments: `conv(k=3, width=64)`."""
    return _operator(node.op.kind, node.op.arguments())


def step_texts(one: Node, other: Node) -> tuple[str, str]:
    """Two steps as `step_text` has them, each with all arguments in which they differ: `bias=0` and `bias=false`."""
    if type(one.op) is not type(other.op):
        return step_text(one), step_text(other)
    said = {*one.op.arguments(), *other.op.arguments()}
    pairs = {name: (getattr(one.op, name), getattr(other.op, name)) for name in type(one.op).model_fields}
    differing = {name for name, (mine, theirs) in pairs.items() if repr(mine) != repr(theirs)}
    names = [name for name in pairs if name in said | differing]
    mine, theirs = (_operator(one.op.kind, {name: pairs[name][place] for name in names}) for place in (0, 1))
    return mine, theirs


def _operator(kind: str, arguments: dict[str, object]) -> str:
    return f"{kind}({', '.join(f'{name}={value_text(value)}' for name, value in arguments.items())})"


def value_text(value: object) -> str:
    """An argument as the language writes it, nearly: `none`, `true`, `[1, 2]`."""
    if isinstance(value, tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Fraction) else str(value or "none")
