"""Completion for zsh: a function for `compdef`, sourced or in a folder of `fpath`."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.cli.shells.words import Command, Option, Values

_HEAD = r"""#compdef resdsl
# Completion of resdsl for zsh, made by `resdsl completion zsh`.

_resdsl_words() { # names
  compadd -- "$@"
}

_resdsl_res() { # names, and .res files
  (( $# )) && compadd -- "$@"
  _files -g '*.res(-.)'
}

_resdsl_spec() { # names, .res files, and models of one as FILE:MODEL
  if [[ $PREFIX == *.res:* ]]; then
    local file=${PREFIX%%.res:*}.res
    local -a models
    models=(${(f)"$(sed -n 's/^model[[:blank:]]\{1,\}\([[:alnum:]_]*\).*/\1/p' ${~file} 2>/dev/null)"})
    compset -P '*:'
    compadd -- $models
  else
    _resdsl_res "$@"
  fi
}
"""

_TAIL = """
if [[ $funcstack[1] == _resdsl ]]; then
  _resdsl "$@"
else
  compdef _resdsl resdsl
fi
"""


def script(program: Command) -> str:
    """The script: a function for each command."""
    lists = [f"typeset -ga _resdsl_{title}=({' '.join(words)})" for title, words in program.lists().items()]
    return "\n".join([_HEAD, *lists, "", *map(_function, program.all())]) + _TAIL


def _function(command: Command) -> str:
    lines = [f"{_name(command)}() {{"]
    if command.children:
        lines.append("  local context state state_descr line")
        lines.append("  typeset -A opt_args")
    lines.append(f"  _arguments -S{' -C' if command.children else ''} \\")
    specs = [f"    {spec}" for option in command.options for spec in _option(option)]
    if command.children:
        specs += ["    '1: :->first'", "    '*:: :->rest'"]
    elif command.values.kind != "none":
        specs.append(f"    '*: :{_action(command.values)}'")
    lines.append(" \\\n".join(specs))
    if command.children:
        lines += _dispatch(command)
    return "\n".join([*lines, "}", ""])


def _dispatch(command: Command) -> Iterator[str]:
    """The first word is a child or one of the command's own; what follows is the child's."""
    yield "  case $state in"
    yield "    first)"
    described = " ".join(_quoted(f"{child.path[-1]}:{child.help}") for child in command.children)
    yield f"      local -a children; children=({described})"
    yield "      _describe -t commands command children"
    if command.values.kind != "none":
        yield f"      {_action(command.values)}"
    yield "      ;;"
    yield "    rest)"
    yield "      case $line[1] in"
    for child in command.children:
        yield f"        {child.path[-1]}) {_name(child)} ;;"
    if command.values.kind != "none":
        yield f"        *) {_action(command.values)} ;;"
    yield "      esac"
    yield "      ;;"
    yield "  esac"


def _name(command: Command) -> str:
    return "_".join(("_resdsl", *command.path)) if command.path else "_resdsl"


def _option(option: Option) -> Iterator[str]:
    text = option.help.translate({ord(sign): f"\\{sign}" for sign in "[]:\\"})
    for flag in option.flags:
        equals = "=" if option.value is not None and flag.startswith("--") else ""
        value = "" if option.value is None else f":value:{_action(option.value)}"
        yield _quoted(f"*{flag}{equals}[{text}]{value}")


def _action(values: Values) -> str:
    """What `_arguments` calls for a value; a lone blank for what cannot be completed."""
    words = f"$_resdsl_{values.title}" if values.title else " ".join(values.words)
    match values.kind:
        case "words":
            return f"_resdsl_words {words}"
        case "file":
            return "_files"
        case "res":
            return f"_resdsl_res {words}".rstrip()
        case "spec":
            return f"_resdsl_spec {words}"
    return " "


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
