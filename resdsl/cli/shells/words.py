"""What can be completed where, read from the parser of the command line: never out of date with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Literal

from resdsl.diagnostics.codes import CODES
from resdsl.passes import PASSES
from resdsl.records import Record
from resdsl.specs import shipped

Kind = Literal["none", "words", "file", "res", "spec"]


class Values(Record):
    """What a word may be: one of `words`, and by kind also any file, a .res file, or a spec (a .res file, a model of
    one as FILE:MODEL, or a network that ships)."""

    kind: Kind
    words: tuple[str, ...] = ()
    title: str = ""
    """What the words are called, where they are many and stand in several places."""


class Option(Record):
    flags: tuple[str, ...]
    help: str
    value: Values | None
    """`None` for one that takes none."""


class Command(Record):
    path: tuple[str, ...]
    """Its words, without the program's name; `()` is the program."""
    help: str
    options: tuple[Option, ...]
    values: Values
    """Of its words."""
    children: tuple[Command, ...]

    def all(self) -> Iterator[Command]:
        yield self
        for child in self.children:
            yield from child.all()

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The words of all lists that have a title."""
        values = [command.values for command in self.all()]
        values += [option.value for command in self.all() for option in command.options if option.value is not None]
        return {value.title: value.words for value in values if value.title}


ACTIONS = {"FAMILY": ("show", "verify")}
"""Words that stand before the network's name where a positional argument of this name may stand."""


def program(parser: argparse.ArgumentParser) -> Command:
    """Everything that the program takes."""
    return _command(parser, (), "")


def _command(parser: argparse.ArgumentParser, path: tuple[str, ...], text: str) -> Command:
    actions = _listed(parser, "_actions")
    options = tuple(_option(action) for action in actions if action.option_strings)
    children: list[Command] = []
    values = Values("none")
    for action in actions:
        if action.nargs == argparse.PARSER:
            assert isinstance(action.choices, dict)
            helps = {choice.dest: choice.help or "" for choice in _listed(action, "_choices_actions")}
            children += [_command(sub, (*path, name), helps.get(name, "")) for name, sub in action.choices.items()]
        elif not action.option_strings:
            values = values_of(action)
            named = Values("words", *_networks())
            children += [Command((*path, word), "", options, named, ()) for word in ACTIONS.get(_metavar(action), ())]
    return Command(path, text, options, values, tuple(children))


def _listed(
    owner: argparse.ArgumentParser | argparse.Action, kept: Literal["_actions", "_choices_actions"]
) -> list[argparse.Action]:
    """What the help lists of a parser's arguments, or of its commands. Argparse has no public way to ask for either."""
    found: list[argparse.Action] = getattr(owner, kept)
    return [action for action in found if action.help != argparse.SUPPRESS]


def _option(action: argparse.Action) -> Option:
    value = None if action.nargs == 0 else values_of(action)
    return Option(tuple(action.option_strings), action.help or "", value)


def values_of(action: argparse.Action) -> Values:
    """By its choices, otherwise by the name that the help shows for its value."""
    if action.choices is not None:
        return Values("words", tuple(map(str, action.choices)))
    match _metavar(action):
        case "SPEC" | "A" | "B":  # two specs that are compared
            return Values("spec", *_networks())
        case "FILE|NAME":
            return Values("res", *_networks())
        case "FILE":
            return Values("file" if action.option_strings else "res")
        case "PATH" if action.dest == "output":  # a file or a folder; other paths lead to modules
            return Values("file")
        case "PASS":
            return Values("words", PASSES, "passes")
        case "CODE":
            return Values("words", tuple(CODES), "codes")
        case "FAMILY":
            return Values("words", tuple(dict.fromkeys(path.stem for path in shipped().values())), "families")
    return Values("none")


def _metavar(action: argparse.Action) -> str:
    return action.metavar if isinstance(action.metavar, str) else action.dest.upper()


def _networks() -> tuple[tuple[str, ...], str]:
    return tuple(shipped()), "networks"
