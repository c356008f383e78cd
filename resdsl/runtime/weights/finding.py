"""The mapping from a checkpoint to a model: by name where names agree, otherwise by order, kind and shape.

Two modules may be each other's if they have the same tensors (a convolution's weight, a norm's four) of the same
shapes. Every order of the checkpoint's prefixes that gives the model's modules is found (`aligning`). If there are
several, what stands on a shortcut or in a gate is told by the names (`downsample`, `identity_conv`, `gate`), then by
words that both sides use, then, for modules that compute from each other's results, by the order of registration. What
is left is a doubt, and an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dictionary
from itertools import combinations, pairwise
from math import prod

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights.aligning import Alignment, Fits, tree
from resdsl.runtime.weights.layout import COUNTER, MAIN, Group, Layout, Shape, size
from resdsl.runtime.weights.mapping import Mapping, Pair, differences

Images = dict[int, set[int]]
Tensors = tuple[tuple[str, Shape], ...]
"""A module's tensors: leaf and shape."""

SHOWN = 6

_RESHAPING = "a linear layer's weight and a convolution's: allow reshaping if that is meant"


def find_mapping(
    source: Layout, target: Layout, *, reshape: bool = False, pins: Dictionary[str, str] | None = None
) -> Mapping:
    """The one mapping of a checkpoint's tensors to a model's.

    `reshape` lets the weight of a linear layer be that of a convolution with as many elements. `pins` says of modules
    of the source which of the target's they are. Raises `WeightsError` if nothing fits, or if more than one mapping
    does.
    """
    pins = pins or {}
    _check_pins(source, target, pins)
    if not pins and (named := _by_name(source, target, reshape)):
        return named
    fits = _fits(source, target, reshape, pins)
    evidence = [f"pinned: {one} is {other}" for one, other in pins.items()]
    images, why = _by_structure(source, target, fits)
    chosen = {one: next(iter(some)) for one, some in images.items()}
    _check_lanes(source, target, chosen, pins)
    _check_names(source, target, chosen, pins)
    return _mapping(source, target, chosen, [*evidence, *why])


def _by_name(source: Layout, target: Layout, reshape: bool) -> Mapping | None:
    """`None` unless the keys agree, as they are or in one of the spellings; raises if they do and a shape does not."""
    wanted = {key for key in target.shapes if not key.endswith(COUNTER)}
    for evidence, spell in _spellings(source):
        spelt = {spell(key): key for key in source.shapes}
        if len(spelt) < len(source.shapes) or {key for key in spelt if not key.endswith(COUNTER)} != wanted:
            continue
        pairs = tuple(
            Pair(spelt[key], key, source.shapes[spelt[key]], shape)
            for key, shape in target.shapes.items()
            if key in spelt
        )
        wrong = [p for p in pairs if not _same(p.source_shape, p.shape, reshape and p.target.endswith(".weight"))]
        if wrong:
            lines = [f"  {p.source} is {size(p.source_shape)}, the model's {size(p.shape)}" for p in wrong[:SHOWN]]
            if not reshape and all(_same(p.source_shape, p.shape, True) for p in wrong):
                lines.append(_RESHAPING)
            raise WeightsError(f"{source.what} has {target.what}'s names and other shapes\n" + "\n".join(lines))
        absent = tuple(key for key in target.shapes if key.endswith(COUNTER) and key not in spelt)
        return Mapping(source.what, target.what, pairs, absent, (evidence,))
    return None


def _spellings(source: Layout) -> Iterable[tuple[str, Callable[[str], str]]]:
    """Ways to read the source's keys, and what to say of each."""
    yield "by name", str
    yield "by name, with norm.1 read as norm1", _joined
    first = {key.partition(".")[0] for key in source.shapes}
    if len(first) == 1:
        (prefix,) = first
        cut = len(prefix) + 1
        yield f"by name, below {prefix}", lambda key: key[cut:]
        yield f"by name, below {prefix}, with norm.1 read as norm1", lambda key: _joined(key[cut:])


def _joined(key: str) -> str:
    """`norm.1.weight` as `norm1.weight`: containers of layers, as old checkpoints have them."""
    return re.sub(r"([A-Za-z_])\.(\d+)(?=\.\w+$|$)", r"\1\2", key)


def _fits(source: Layout, target: Layout, reshape: bool, pins: Dictionary[str, str]) -> Fits:
    taken = {other: one for one, other in pins.items()}

    def fits(one: int, other: int) -> bool:
        a, b = source.groups[one], target.groups[other]
        if pins.get(a.prefix, b.prefix) != b.prefix or taken.get(b.prefix, a.prefix) != a.prefix:
            return False
        return a.tensors == b.tensors or (reshape and _reshapes(a, b))

    return fits


def _same(one: Shape, other: Shape, reshape: bool) -> bool:
    if one == other:
        return True
    is_linear = {len(one) > 2, len(other) > 2} == {True, False} and min(len(one), len(other)) == 2
    return reshape and is_linear and one[0] == other[0] and prod(one) == prod(other)


def _reshapes(a: Group, b: Group) -> bool:
    return [leaf for leaf, _ in a.tensors] == [leaf for leaf, _ in b.tensors] and all(
        _same(shape, other, leaf == "weight") for (leaf, shape), (_, other) in zip(a.tensors, b.tensors, strict=True)
    )


def _by_structure(source: Layout, target: Layout, fits: Fits) -> tuple[Images, list[str]]:
    """For each group of the source the one of the target that it is, and what told so."""
    count = len(target.groups)
    furthest = 0
    for spell in (str, _joined):
        root = tree(source.groups, spell)
        alignment = Alignment(root, count, fits)
        images = alignment.images()
        if images:
            break
        furthest = max(furthest, alignment.furthest)
    else:
        if images := _whole_order(source, target, fits):
            return images, ["by the order of registration, kind and shape"]
        raise WeightsError(_misfit(source, target, fits, furthest))
    evidence = ["by order, kind and shape"]
    for reason, further in _hints(source, target):
        if _unique(images):
            break
        stricter = _both(fits, further)
        narrowed = Alignment(root, count, stricter).images()
        if narrowed and narrowed != images:  # otherwise the names do not tell after all
            fits, images = stricter, narrowed
            evidence.append(reason)
    if not _unique(images):
        ordered = _order_of_alike(source, target, images)
        if not ordered or not Alignment(root, count, lambda one, other: other in ordered[one]).images():
            raise WeightsError(_doubt(source, target, images))
        images = ordered
        evidence.append("modules that are alike by their order of registration")
    return images, evidence


def _both(one: Fits, other: Fits) -> Fits:
    return lambda source, target: one(source, target) and other(source, target)


def _unique(images: Images) -> bool:
    return all(len(some) == 1 for some in images.values())


def _hints(source: Layout, target: Layout) -> Iterable[tuple[str, Fits]]:
    """What names may tell, where kind, shape and order do not."""
    ours, theirs = ({group.role for group in side.groups} for side in (target, source))
    if ours == theirs and len(ours) > 1:
        told = " and ".join(f"{role}s" for role in sorted(ours - {MAIN}))
        yield (
            f"{told} told by the names of modules",
            lambda one, other: source.groups[one].role == target.groups[other].role,
        )
    sides = [[_words(group.prefix) for group in side.groups] for side in (source, target)]
    shared = frozenset.intersection(*(frozenset().union(*words) for words in sides))
    if shared:
        listed = ", ".join(sorted(shared)[:SHOWN])
        yield (
            f"by words of both sides: {listed}",
            lambda one, other: sides[0][one] & shared == sides[1][other] & shared,
        )


def _words(prefix: str) -> frozenset[str]:
    return frozenset(part for part in prefix.split(".") if not part.isdigit())


def _whole_order(source: Layout, target: Layout, fits: Fits) -> Images | None:
    """The source's own order, if it has one that fits as it is, and modules that are alike follow on each other."""
    count = len(target.groups)
    if not source.ordered or len(source.groups) != count or not all(fits(i, i) for i in range(count)):
        return None
    alike: dict[Tensors, list[int]] = {}
    for index, group in enumerate(target.groups):
        alike.setdefault(group.tensors, []).append(index)
    if not all(_sequential(target, some) for some in alike.values()):
        return None
    return {i: {i} for i in range(count)}


def _order_of_alike(source: Layout, target: Layout, images: Images) -> Images | None:
    """Modules that may be exchanged, in their order of registration, if there is one and they follow on each other."""
    if not source.ordered:
        return None
    classes: dict[frozenset[int], list[int]] = {}
    for one in sorted(images):
        classes.setdefault(frozenset(images[one]), []).append(one)
    told: Images = {}
    for some, ones in classes.items():
        if len(some) != len(ones) or not _sequential(target, some):
            return None
        told |= {one: {other} for one, other in zip(ones, sorted(some), strict=True)}
    return told


def _sequential(target: Layout, some: Iterable[int]) -> bool:
    """Whether of any two of these modules one computes from the other's result."""
    return all(target.sequential(a, b) for a, b in pairwise(sorted(some)))


def _check_lanes(source: Layout, target: Layout, chosen: Dictionary[int, int], pins: Dictionary[str, str]) -> None:
    """Raises `WeightsError` if two modules that are alike stand in different lanes of a unit, and are not told apart.

    Lanes (main branch, shortcut, gate) compute side by side: numbers and order tell nothing there, but their names,
    or a prefix of a whole lane, do.
    """
    lanes: dict[tuple[str, str], list[int]] = {}
    units: dict[str, list[int]] = {}
    for index, group in enumerate(target.groups):
        if group.lane:
            lanes.setdefault(group.lane, []).append(index)
            units.setdefault(group.lane[0], []).append(index)
    origin = {other: one for one, other in chosen.items()}
    images: Images = {one: {other} for one, other in chosen.items()}
    for members in units.values():
        for a, b in combinations(members, 2):
            one, other = target.groups[a], target.groups[b]
            if one.lane == other.lane or one.tensors != other.tensors:
                continue
            assert one.lane
            assert other.lane
            found = source.groups[origin[a]], source.groups[origin[b]]
            if {group.prefix for group in found} & pins.keys() or (found[0].role, found[1].role) == (
                one.role,
                other.role,
            ):
                continue
            if not _told_by_prefix(source, chosen, origin, (a, b), (lanes[one.lane], lanes[other.lane]), target):
                images[origin[a]].add(b)
                images[origin[b]].add(a)
    if not _unique(images):
        raise WeightsError(_doubt(source, target, images))


def _told_by_prefix(
    source: Layout,
    chosen: Dictionary[int, int],
    origin: Dictionary[int, int],
    pair: tuple[int, int],
    lanes: tuple[list[int], list[int]],
    target: Layout,
) -> bool:
    """Whether the lanes are not alike and a prefix of the source holds the whole of one, of more than one module."""
    kinds = [[target.groups[index].tensors for index in lane] for lane in lanes]
    if kinds[0] == kinds[1]:
        return False
    first, second = (source.groups[origin[index]].prefix.split(".") for index in pair)
    shared = next((i for i, (x, y) in enumerate(zip(first, second, strict=False)) if x != y), None)
    if shared is None:
        return False
    for parts, lane in ((first, lanes[0]), (second, lanes[1])):
        below = ".".join(parts[: shared + 1]) + "."
        inside = {chosen[i] for i, group in enumerate(source.groups) if f"{group.prefix}.".startswith(below)}
        if len(lane) > 1 and inside == set(lane):
            return True
    return False


def _check_names(source: Layout, target: Layout, chosen: Dictionary[int, int], pins: Dictionary[str, str]) -> None:
    """A module whose name and shapes another module of the model has is a doubt, unless its name is a mere place."""
    named = {group.prefix: index for index, group in enumerate(target.groups)}
    images: Images = {one: {other} for one, other in chosen.items()}
    for one, other in chosen.items():
        group = source.groups[one]
        namesake = named.get(group.prefix, other)
        if group.prefix in pins or group.prefix.rpartition(".")[2].isdigit():
            continue
        if namesake != other and target.groups[namesake].tensors == group.tensors:
            images[one].add(namesake)
    if not _unique(images):
        raise WeightsError(_doubt(source, target, images))


def _mapping(source: Layout, target: Layout, chosen: Dictionary[int, int], evidence: list[str]) -> Mapping:
    from_of: dict[str, str] = {}
    for one, other in chosen.items():
        a, b = source.groups[one], target.groups[other]
        for leaf, _ in b.tensors:
            from_of[b.key(leaf)] = a.key(leaf)
        if (counter := a.key(COUNTER)) in source.shapes:
            from_of[b.key(COUNTER)] = counter
    pairs = tuple(
        Pair(from_of[key], key, source.shapes[from_of[key]], shape)
        for key, shape in target.shapes.items()
        if key in from_of
    )
    absent = tuple(key for key in target.shapes if key not in from_of)
    return Mapping(source.what, target.what, pairs, absent, tuple(evidence))


def _check_pins(source: Layout, target: Layout, pins: Dictionary[str, str]) -> None:
    for names, side in ((pins.keys(), source), (pins.values(), target)):
        unknown = [name for name in names if name not in {group.prefix for group in side.groups}]
        if unknown:
            raise WeightsError(f"{side.what} has no module {unknown[0]} with weights")


def _doubt(source: Layout, target: Layout, images: Images) -> str:
    open_ = [(one, some) for one, some in images.items() if len(some) > 1]
    lines = [f"{source.what} fits {target.what} in more than one way; these modules may be either"]
    for one, some in open_[:SHOWN]:
        names = [target.groups[index].prefix for index in sorted(some)]
        more = f", or {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        lines.append(f"  {source.groups[one]}: {' or '.join(names[:SHOWN])}{more}")
    if len(open_) > SHOWN:
        lines.append(f"  and {len(open_) - SHOWN} more")
    return "\n".join([*lines, "say which by pins, or by a mapping"])


def _misfit(source: Layout, target: Layout, fits: Fits, furthest: int) -> str:
    head = f"{source.what} does not fit {target.what}"
    if loose := _fits_reshaped(source, target):
        return "\n".join([head, *loose, _RESHAPING])
    common = source.shapes.keys() & target.shapes.keys()
    if 2 * len(common) > len(target.shapes):
        wanted = {key: shape for key, shape in target.shapes.items() if not key.endswith(COUNTER)}
        return "\n".join([head, *differences(source.shapes, wanted)])
    has, wants = (Counter(group.tensors for group in side.groups) for side in (source, target))
    lines = [head]
    for what, side, surplus in ((source.what, source, has - wants), (target.what, target, wants - has)):
        for tensors, number in list(surplus.items())[:SHOWN]:
            alike = [group.prefix for group in side.groups if group.tensors == tensors]
            listed = ", ".join(alike[:SHOWN]) + (", ..." if len(alike) > SHOWN else "")
            which = listed if number == len(alike) else f"{number} of {listed}"
            described = ", ".join(f"{leaf or 'itself'} {size(shape)}" for leaf, shape in tensors)
            lines.append(f"  only in {what}: {which} ({described})")
            lines += [f"    {line}" for line in _broken(alike[0], tensors, wants) if side is source]
        if len(surplus) > SHOWN:
            lines.append(f"  and {len(surplus) - SHOWN} kinds more")
    if has == wants:
        met = target.groups[furthest]
        alike = [group.prefix for i, group in enumerate(source.groups) if fits(i, furthest)]
        lines.append(f"  both have the same modules, but no order of {source.what} gives the model's")
        lines.append(f"  it breaks at {met}; alike are {', '.join(alike[:SHOWN])}")
    return "\n".join(lines)


def _broken(prefix: str, tensors: Tensors, wants: Iterable[Tensors]) -> list[str]:
    """What a module of no kind that the model has lacks, or has too much, for the kind that it is nearest to."""
    nearest = max(wants, key=lambda kind: len(set(kind) & set(tensors)), default=())
    if tensors in wants or not set(nearest) & set(tensors):
        return []
    has, needs = ({f"{prefix}.{leaf}": shape for leaf, shape in kind} for kind in (tensors, nearest))
    return [line.strip() for line in differences(has, needs)]


def _fits_reshaped(source: Layout, target: Layout) -> list[str]:
    """The tensors that would fit if they were reshaped, a line each, if everything else fits."""
    images = Alignment(tree(source.groups), len(target.groups), _fits(source, target, True, {})).images() or {}
    lines = []
    for one, some in images.items():
        a, b = source.groups[one], target.groups[min(some)]
        for (leaf, shape), (_, other) in zip(a.tensors, b.tensors, strict=True):
            if shape != other:
                lines.append(f"  {a.key(leaf)} is {size(shape)}, the model's {b.key(leaf)} {size(other)}")
    return lines[:SHOWN]
