"""`resdsl completion`: scripts with which shells complete its commands."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE

if TYPE_CHECKING:
    from resdsl.cli.common import Commands

SHELLS = ("bash", "zsh", "fish")
_WHERE = """\
bash:  resdsl completion bash > ~/.local/share/bash-completion/completions/resdsl
zsh:   resdsl completion zsh > "${fpath[1]}/_resdsl"
fish:  resdsl completion fish > ~/.config/fish/completions/resdsl.fish"""


def add(commands: Commands) -> None:
    completion = commands.add_parser(
        "completion",
        help="complete commands in a shell",
        description="Print the script with which a shell completes resdsl's commands, options, networks and codes.",
        epilog=f"where the scripts belong:\n{_WHERE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    completion.add_argument("shell", metavar="SHELL", choices=SHELLS, help=" or ".join(SHELLS))
    completion.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.cli import parser  # the parser with all commands, this one among them
    from resdsl.cli.shells.words import program

    shell = import_module(f"resdsl.cli.shells.{options.shell}")
    print(shell.script(program(parser())), end="")
    return FINE
