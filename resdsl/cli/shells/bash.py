"""Completion for bash, from 3.2 on, with or without the bash-completion package."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.cli.shells.words import Command, Values

_SCRIPT = r"""# Completion of resdsl for bash, made by `resdsl completion bash`.

@LISTS@

# What may stand after an option: `kind` and `list`.
_resdsl_value() {
  case "$1 $2" in
@VALUES@
    *) return 1 ;;
  esac
}

# What a command takes: `options`, `children`, `kind` and `list`.
_resdsl_command() {
  case "$1" in
@COMMANDS@
  esac
}

_resdsl_reply() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}

_resdsl_offer() { # kind, list, what is typed
  local file
  if [[ $1 == spec && $3 == *.res:* ]]; then
    file=${3%%.res:*}.res
    _resdsl_reply < <(compgen -P "$file:" -W "$(sed -n 's/^model[[:blank:]]\{1,\}\([[:alnum:]_]*\).*/\1/p' \
      "${file/#\~/$HOME}" 2>/dev/null)" -- "${3##*:}")
    return
  fi
  [[ -n $2 ]] && _resdsl_reply < <(compgen -W "$2" -- "$3")
  case $1 in
    file) compopt -o filenames 2>/dev/null; _resdsl_reply < <(compgen -f -- "$3") ;;
    spec | res)
      compopt -o filenames 2>/dev/null
      _resdsl_reply < <(compgen -d -- "$3"; compgen -f -X '!*.res' -- "$3")
      ;;
  esac
}

_resdsl() {
  local words word current typed path="" kind=none list="" options="" children=""
  COMPREPLY=()
  read -a words <<< "${COMP_LINE:0:COMP_POINT}" # as one typed them: bash cuts them at : and = too
  [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
  current=${words[${#words[@]} - 1]}
  typed=$current
  unset "words[${#words[@]} - 1]"
  _resdsl_command ""
  for word in "${words[@]:1}"; do
    if [[ " $children " == *" $word "* ]]; then
      path=${path:+$path }$word
      kind=none list="" options="" children=""
      _resdsl_command "$path"
    fi
  done
  if [[ $current == --*=* ]] && _resdsl_value "$path" "${current%%=*}"; then
    typed=${current#*=}
    _resdsl_offer "$kind" "$list" "$typed"
    [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("${COMPREPLY[@]/#/${current%%=*}=}")
  elif _resdsl_value "$path" "${words[${#words[@]} - 1]}"; then
    _resdsl_offer "$kind" "$list" "$typed"
  elif [[ $current == -* ]]; then
    _resdsl_offer words "$options" "$typed"
  else
    _resdsl_offer "$kind" "$list${children:+ $children}" "$typed"
  fi
  if [[ $typed == *:* && $COMP_WORDBREAKS == *:* ]]; then # bash replaces only what follows the last colon
    COMPREPLY=("${COMPREPLY[@]#"${typed%:*}:"}")
  fi
}

complete -F _resdsl resdsl
"""


def script(program: Command) -> str:
    """The script. All that it offers stands in it, so that no program is run while one types."""
    lists = "\n".join(f'_resdsl_{title}="{" ".join(words)}"' for title, words in program.lists().items())
    text = _SCRIPT.replace("@LISTS@", lists).replace("@VALUES@", "\n".join(_values(program)))
    return text.replace("@COMMANDS@", "\n".join(map(_command, program.all())))


def _values(program: Command) -> Iterator[str]:
    for values, places in _places(program).items():
        yield f"    {' | '.join(places)}) {_assigned(values)} ;;"


def _places(program: Command) -> dict[Values, list[str]]:
    """For each sort of values the options, with their command, that take them."""
    found: dict[Values, list[str]] = {}
    for command in program.all():
        for option in command.options:
            if option.value is not None:
                places = found.setdefault(option.value, [])
                places += [f'"{" ".join(command.path)} {flag}"' for flag in option.flags]
    return found


def _command(command: Command) -> str:
    options = " ".join(flag for option in command.options for flag in option.flags)
    children = " ".join(child.path[-1] for child in command.children)
    path = " ".join(command.path)
    return f'    "{path}") options="{options}" children="{children}" {_assigned(command.values)} ;;'


def _assigned(values: Values) -> str:
    words = f"$_resdsl_{values.title}" if values.title else " ".join(values.words)
    return f'kind={values.kind} list="{words}"'
