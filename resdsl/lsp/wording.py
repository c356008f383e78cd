"""What the words of the language mean, in a line each; docs/language.md says the rest."""

from __future__ import annotations

KEYWORDS: dict[str, str] = {
    "add": "`add { | a | b }`: the sum of branches of equal shape.",
    "and": "Both conditions; the second is computed only if the first holds.",
    "aux": "`aux (0.3) NAME: step`: an auxiliary head, for training only; its loss weighs what stands in brackets.",
    "block": "`block NAME(params) { ... }`: a part that is called like an operator. `[]` makes its steps numbered.",
    "carry": "`residual { H } gate { T } carry { C }`: T * H(x) + C * S(x).",
    "concat": "`concat { | a | b }`: branches of equal size, channels side by side.",
    "default": "`default conv(bias=true)`: an argument for what follows in these braces and in blocks called there.",
    "dense": "`dense { f }`: concat(x, f(x)).",
    "else": "What holds otherwise, or what `require` says.",
    "expect": "`expect params == 25_557_032`: a figure of the net, checked. `~ 25.6M` compares what is printed.",
    "false": "A boolean.",
    "for": "`for i, n in enumerate(ns) { ... }`: executed for each item while compiling.",
    "from": "`from NAME`: goes on with a kept value; the current one is dropped.",
    "gate": "`residual { H } gate { T }`: T(x) * H(x) + (1 - T(x)) * S(x).",
    "if": "`if condition { ... } else { ... }`: decided while compiling.",
    "in": "In a `for`, the list; in a shortcut policy, the value before the branch: `.channels`, `.size`, `.stride`.",
    "input": "`input 3x224x224`: the size of the model's input; `input NAME: size` names it.",
    "keep": "`keep NAME`: gives the current value a name; `keep a, b` unpacks several outputs.",
    "let": "`let NAME = value` or `let f(a) = value`.",
    "mean": "`mean { | a | b }`: the mean of branches of equal shape.",
    "model": "`model NAME(params) { ... }`, or a variant: `model NAME = other(arguments) { expect ... }`.",
    "mul": "`mul { | a | b }`: the product of branches; one of size 1 is spread out.",
    "not": "The opposite of a condition.",
    "or": "Either condition; the second is computed only if the first does not hold.",
    "output": "`output a, b`: several values are the result.",
    "per": "`per batch` (one draw a step, the branch is not computed) or `per sample`.",
    "region": "`region NAME: step`: names a part without opening a scope.",
    "require": '`require condition else "message {value}"`: a block\'s own check.',
    "rescale": "`rescale test` (the paper) or `rescale train`.",
    "residual": "`residual { main } shortcut S`: main(x) + S(x); without `shortcut`, S is the identity.",
    "shared": "`shared NAME: step`: a part whose every use has the same weights.",
    "shortcut": "The other way around a residual's branch: a policy (`identity`, `project`, ...), braces, or `none`.",
    "stage": "`stage NAME: step`: a named, numbered run; the unit of summaries and pictures.",
    "survival": "`survival 1 - l / L * 0.5`: the chance that a residual's branch is executed in training.",
    "then": "`a then b`: `a` in the first repetition, `b` after it.",
    "true": "A boolean.",
    "use": '`use std: a, b` or `use "file.res": a`: takes definitions from the library or a file.',
}
"""Every keyword."""

VALUES: dict[str, str] = {
    "L": "The number of residual units that a `survival` statement is for.",
    "auto": "As if the argument were not written.",
    "channels": "Channels of the current value.",
    "in": "The value before the residual's branch, in a shortcut policy.",
    "l": "The place of a residual unit, from 1, in a `survival` statement.",
    "none": "No value; as a shortcut, no addition.",
    "out": "The value behind the residual's branch, in a shortcut policy.",
    "size": "Size of the current value: a number where all axes agree.",
}
"""The predefined values."""

FUNCTIONS: dict[str, tuple[str, str]] = {
    "abs": ("abs(v)", "the absolute value"),
    "ceil": ("ceil(v)", "the least whole number that is not below"),
    "divisible": ("divisible(v, by=8)", "the nearest multiple of `by`, at least `by`, not below 0.9 of `v`"),
    "enumerate": ("enumerate(list)", "pairs of place, from 0, and item"),
    "floor": ("floor(v)", "the largest whole number that is not above"),
    "len": ("len(list)", "the number of items"),
    "log2": ("log2(v)", "the exact logarithm of a power of two"),
    "max": ("max(a, b, ...)", "the largest, of numbers or of a list"),
    "min": ("min(a, b, ...)", "the least, of numbers or of a list"),
    "range": ("range(start, stop, step)", "whole numbers from `start` (0) up to, not including, `stop`"),
    "round": ("round(v)", "the nearest whole number, half up"),
    "sum": ("sum(list)", "the sum"),
    "zip": ("zip(a, b, ...)", "tuples of the items at one place, of lists of one length"),
}
"""The predefined functions: how they are called and what they give."""

METRICS: dict[str, str] = {
    "depth": "the most convolutions and linear layers on a path",
    "keys": "tensors of the `state_dict`",
    "macs": "multiply-adds of convolutions and linear layers for one input",
    "output": "the shape of the output",
    "params": "elements of the parameters",
    "units": "innermost residual units",
}
"""What `expect` may state."""
