"""Ways through a tree: what a node holds, and the statements and steps of a body."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.syntax import tree


def children(node: tree.Node) -> Iterator[tree.Node]:
    """The nodes that a node holds, in the order of its fields."""
    for name in type(node).__match_args__:
        value = getattr(node, name)
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, tree.Node))


def constructs(body: tree.Body) -> Iterator[tree.Stmt | tree.Unit]:
    """A body and all statements and units in it, at any depth, each before what it holds, in the order of the text."""
    stack: list[tree.Stmt | tree.Unit | None] = [body]
    while stack:
        item = stack.pop()
        if item is None:
            continue
        yield item
        match item:
            case tree.Flow(steps=steps):
                stack.extend(step.unit for step in reversed(steps))
            case tree.Body(stmts=stmts):
                stack.extend(reversed(stmts))
            case tree.If(body=inner, otherwise=otherwise):
                stack.extend((otherwise, inner))
            case tree.For(body=unit) | tree.Dense(body=unit) | tree.Merge(body=unit):
                stack.append(unit)
            case tree.Repeat(unit=unit) | tree.Stage(unit=unit) | tree.Region(unit=unit):
                stack.append(unit)
            case tree.Aux(unit=unit) | tree.Shared(unit=unit):
                stack.append(unit)
            case tree.Residual(shortcut=shortcut):
                stack.extend((item.carry, item.gate, shortcut.policy if shortcut else None, item.main))
