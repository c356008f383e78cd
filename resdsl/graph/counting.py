"""Names that only count, given again by place: what the language itself gives to steps without a label."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.graph.model import Node, Scope, ScopeKind


def numbers(members: Sequence[Node | Scope]) -> list[str]:
    """The names of a numbered scope's members, counted on from the first number."""
    names: list[str] = []
    next_ = next((int(one.name) for one in members if one.name and one.name.isdecimal()), 0)
    for one in members:
        assert one.name is not None
        names.append(str(next_) if one.name.isdecimal() else one.name)
        next_ += 1
    return names


def counted(members: Sequence[Node | Scope]) -> list[str]:
    """The names of members: `conv2` is the second convolution. Where a label is in the way, as they were."""
    counts: dict[str, int] = {}
    names: list[str] = []
    for one in members:
        assert one.name is not None
        name = one.name
        if isinstance(one, Node):
            kind = one.op.kind
            counts[kind] = counts.get(kind, 0) + 1
            if name.removeprefix(kind).isdecimal() and name.startswith(kind):
                name = f"{kind}{counts[kind]}"
        names.append(name)
    plain = [
        name
        for one, name in zip(members, names, strict=True)
        if isinstance(one, Node) or one.kind is not ScopeKind.PATH
    ]
    return names if len(set(plain)) == len(plain) else [one.name or "" for one in members]
