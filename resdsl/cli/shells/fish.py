"""Completion for fish, from 3.0 on."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.cli.shells.words import Command, Option, Values

_HEAD = r"""# Completion of resdsl for fish, made by `resdsl completion fish`.

# Whether the words before the cursor are of this command: each word that continues a command's name does.
function __resdsl_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$at $word" $__resdsl_paths
            set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

function __resdsl_res
    set -l typed (commandline -ct | string replace -r '^--[^=]*=' '' | string unescape)
    set -l home (string replace -r '^~' $HOME -- $typed)
    for path in $home*/ $home*.res
        string replace -- $home $typed $path
    end
end

# .res files, and the models of one as FILE:MODEL
function __resdsl_spec
    set -l typed (commandline -ct | string unescape)
    if not string match -q '*.res:*' -- $typed
        __resdsl_res
        return
    end
    set -l file (string replace -r '\.res:.*$' '.res' -- $typed)
    set -l place (string replace -r '^~' $HOME -- $file)
    for model in (sed -n 's/^model[[:blank:]]\{1,\}\([[:alnum:]_]*\).*/\1/p' $place 2>/dev/null)
        echo $file:$model
    end
end

complete -c resdsl -e
complete -c resdsl -f
"""


def script(program: Command) -> str:
    """The script: a `complete` for each thing that can stand somewhere."""
    commands = list(program.all())
    paths = " ".join(_quoted(_path(command)) for command in commands if command.path)
    lists = [f"set -g __resdsl_{title} {' '.join(words)}" for title, words in program.lists().items()]
    lines = [line for command in commands for line in _command(command)]
    return "\n".join([_HEAD, f"set -g __resdsl_paths {paths}", *lists, *lines]) + "\n"


def _command(command: Command) -> Iterator[str]:
    condition = f'__resdsl_at "{_path(command)}"'
    here = f"complete -c resdsl -n {_quoted(condition)}"
    for child in command.children:
        yield f"{here} -a {child.path[-1]}{_described(child.help)}"
    if command.values.kind != "none":
        yield f"{here} -a {_quoted(_arguments(command.values))}"
    for option in command.options:
        yield f"{here} {_option(option)}"


def _path(command: Command) -> str:
    """The command's words, each after a blank."""
    return "".join(f" {word}" for word in command.path)


def _option(option: Option) -> str:
    flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags]
    text = " ".join(flags) + _described(option.help)
    if option.value is None:
        return text
    if option.value.kind == "file":
        return f"{text} -r -F"
    given = _arguments(option.value)
    return f"{text} -x" + (f" -a {_quoted(given)}" if given else "")


def _arguments(values: Values) -> str:
    called = {"res": ("(__resdsl_res)",), "spec": ("(__resdsl_spec)",)}.get(values.kind, ())
    words = (f"$__resdsl_{values.title}",) if values.title else values.words
    return " ".join((*called, *words))


def _described(text: str) -> str:
    return f" -d {_quoted(text)}" if text else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
