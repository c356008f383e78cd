"""Repetition: equal steps in a row are written once."""

from __future__ import annotations

import re

from resdsl.backends.res.slots import Path, Slot, slots, structure, values
from resdsl.backends.res.steps import REQUIRED, Block, Body, Call, Count, Merge, Repeat, Step, Then, residuals
from resdsl.backends.res.values import spelled

_MOST_THEN = 3
"""Arguments that may differ between the first repetition and the others."""
_LEAST_COUNT = 3
"""Steps that make a loop, where only the numbers in their labels differ."""
_NUMBERED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*?)(0|[1-9][0-9]*)")


def fold(body: Body) -> None:
    """Folds repeats, branches and calls in a body and in all below it, from the inside out."""
    for declaration in body.shared:
        for inner in declaration.step.bodies():
            fold(inner)
    for step in body.steps:
        for inner in step.bodies():
            fold(inner)
        if isinstance(step, Merge):
            _fold_branches(step)
    body.steps = [step for one in body.steps for step in (_fold_repeat(one) if isinstance(one, Repeat) else [one])]
    body.steps = _fold_calls(_fold_counts(body.steps))


def _fold_repeat(repeat: Repeat) -> list[Step]:
    """`n x` where all iterations are one text, perhaps but for the first; else the steps of all of them."""
    bodies = repeat.iterations
    if all(len(body.steps) == 1 and _may_repeat(body.steps[0]) for body in bodies):
        return [step for body in bodies for step in body.steps]  # which may go on with what is beside them
    merged = _merged(bodies) if len(bodies) > 1 else None
    if merged is None:
        return [step for body in bodies for step in body.steps]
    return [_repeat(merged, len(bodies), repeat.values)]


def _repeat(body: Body, count: int, results: tuple[int, ...]) -> Repeat:
    return Repeat([body], arguments={"count": count}, values=results)


def _merged(bodies: list[Body]) -> Body | None:
    """One body for all: the second one, with `then` where the first differs from the others; `None` if they do more."""
    first, second = bodies[0], bodies[1]
    kind = structure(second)
    if any(structure(body) != kind for body in bodies) or any(values(body) != values(second) for body in bodies[2:]):
        return None
    ours, theirs = slots(first), slots(second)
    if ours.keys() != theirs.keys():
        return None  # a repeat within them has `a then b` in one of them alone
    differing = [path for path, text in values(first).items() if text != values(second)[path]]
    if len(differing) > _MOST_THEN or not all(_may_be_then(ours[path]) for path in differing):
        return None
    for path in differing:
        theirs[path].put(Then(ours[path].value, theirs[path].value))
    _join_ends([second, first, *bodies[2:]])
    return second


def _join_ends(bodies: list[Body]) -> None:
    """The first of bodies of one structure stands for all: what its residuals lie between is what all of them do."""
    for together in zip(*map(residuals, bodies), strict=True):
        together[0].ends = tuple(dict.fromkeys(end for step in together for end in step.ends))


def _may_be_then(slot: Slot) -> bool:
    """An argument of a call, and of this repeat's, not of one within it."""
    return isinstance(slot.step, Call) and slot.repeat is None and not slot.part


def _fold_branches(merge: Merge) -> None:
    branches: list[Body] = []
    counts: list[int] = []
    texts: list[tuple[object, dict[Path, str]]] = []
    for body in merge.branches:
        text = structure(body), values(body)
        if texts and texts[-1] == text:
            counts[-1] += 1
            _join_ends([branches[-1], body])
            continue
        texts.append(text)
        branches.append(body)
        counts.append(1)
    merge.branches, merge.counts = branches, counts


def _fold_calls(steps: list[Step]) -> list[Step]:
    """Calls of one block in a row."""
    folded: list[Step] = []
    place = 0
    while place < len(steps):
        run = _run(steps, place)
        merged = _merged([Body([step]) for step in run]) if len(run) > 1 else None
        if merged is None:
            folded.append(steps[place])
            place += 1
            continue
        folded.append(_repeat(merged, len(run), run[-1].values))
        place += len(run)
    return folded


def _run(steps: list[Step], start: int) -> list[Step]:
    """The longest row of calls from `start` that are one text from the second on."""
    first = steps[start]
    if not _may_repeat(first):
        return [first]
    run = [first]
    for step in steps[start + 1 :]:
        if not (_may_repeat(step) and _alike(first, step)):
            break
        if len(run) > 1 and values(Body([step])) != values(Body([run[1]])):
            break
        run.append(step)
    return run if len(run) > 1 and _says_little(run[0], run[1]) else [first]


def _may_repeat(step: Step) -> bool:
    return isinstance(step, Call) and isinstance(step.callee, Block) and step.label is None


def _alike(one: Step, other: Step) -> bool:
    return structure(Body([one])) == structure(Body([other]))


def _says_little(one: Step, other: Step) -> bool:
    """Calls that differ in what must be said of each are better said one by one."""
    assert isinstance(one, Call)
    assert isinstance(one.callee, Block)
    params = one.callee.params
    differing = [name for name in params if spelled(one.arguments[name]) != spelled(other.arguments[name])]
    return len(differing) <= _MOST_THEN and all(params[name] is not REQUIRED for name in differing)


def _fold_counts(steps: list[Step]) -> list[Step]:
    """`for i in range(1, 7) { layer{i}: step }`: steps that differ in the number at the end of their labels."""
    folded: list[Step] = []
    place = 0
    while place < len(steps):
        run = _counted(steps, place)
        if len(run) < _LEAST_COUNT:
            folded.append(steps[place])
            place += 1
            continue
        match = _NUMBERED.fullmatch(str(run[0].label))
        assert match is not None
        start = int(match[2])
        run[0].label = None
        folded.append(Count(match[1], start, start + len(run), Body([run[0]]), values=run[-1].values))
        place += len(run)
    return folded


def _counted(steps: list[Step], start: int) -> list[Step]:
    first = steps[start]
    match = _NUMBERED.fullmatch(first.label or "") if isinstance(first, Call) else None
    if match is None:
        return []
    run = [first]
    wanted = _unlabelled(first)
    for step in steps[start + 1 :]:
        if step.label != f"{match[1]}{int(match[2]) + len(run)}" or _unlabelled(step) != wanted:
            break
        run.append(step)
    return run


def _unlabelled(step: Step) -> object:
    label, step.label = step.label, None
    body = Body([step])
    text = structure(body), values(body)
    step.label = label
    return text
