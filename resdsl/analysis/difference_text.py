"""A difference for people."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.analysis.difference import Difference, Figure, Group, ranged
from resdsl.tables import Column, Number, Table

_MOST = 12


def difference_text(found: Difference) -> str:
    """The figures side by side, then what is added, removed and changed, then what follows."""
    if not found.differs:
        return f"{found.before} and {found.after} do not differ\n"
    columns = (Column(""), Column(found.before, right=True), Column(found.after, right=True), Column("", right=True))
    table = Table(columns, tuple(_row(figure) for figure in found.figures))
    return "\n".join([table.text(), *_lines(found)])


def _row(figure: Figure) -> tuple[str | Number, ...]:
    delta = figure.after - figure.before
    share = f" ({100 * delta / figure.before:+.1f} %)" if delta and figure.before else ""
    numbers = (Number(value, f"{value:,}") for value in (figure.before, figure.after))
    return (figure.name, *numbers, f"{delta:+,}{share}" if delta else "")


def _lines(found: Difference) -> Iterator[str]:
    if not found.by_name:
        yield "matched by the order of their operators: the names have little in common\n"
    parts = (
        ("removed", "- ", found.removed),
        ("added", "+ ", found.added),
        ("changed", "~ ", found.changed),
        ("another shape", "  ", found.shapes),
    )
    for title, sign, groups in parts:
        if groups:
            yield f"{title}:"
            yield from _groups(sign, groups)
            yield ""
    keys = (("removed", found.keys_removed), ("added", found.keys_added), ("of another shape", found.keys_changed))
    said = [f"{len(names)} {what}" for what, names in keys if names]
    if said:
        yield f"keys of the state_dict: {', '.join(said)}"
        yield ""


def _groups(sign: str, groups: tuple[Group, ...]) -> Iterator[str]:
    for group in groups[:_MOST]:
        yield f"  {sign}{ranged(group.paths)}: {group.what}"
    if len(groups) > _MOST:
        yield f"  {' ' * len(sign)}and {len(groups) - _MOST} more"
