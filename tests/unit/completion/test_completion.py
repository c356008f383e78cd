"""Completion in the shells themselves: each sources its script and is asked what it would offer."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from resdsl.cli import main, parser
from resdsl.cli.shells import bash, fish, words, zsh
from resdsl.diagnostics.codes import CODES
from resdsl.specs import shipped
from resdsl.zoo import families

SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
FAST = 0.1
"""Seconds that offering every network may take."""

BASH = """\
source script.bash
COMP_LINE=$1 COMP_POINT=${#1}
_resdsl 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
TIMED = """\
source script.bash
COMP_LINE='resdsl check ' COMP_POINT=13
for i in 1 2 3 4 5; do
  before=$EPOCHREALTIME; _resdsl 2>/dev/null; after=$EPOCHREALTIME
  echo $before $after ${#COMPREPLY[@]}
done
"""
Offer = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    (folder / "parts").mkdir()
    (folder / "net.res").write_text("block b { relu }\nmodel first(n) { input 3 }\nmodel second = first(2)\n")
    (folder / "my net.res").write_text("model only { input 3 }\n")
    (folder / "notes.txt").write_text("not a spec\n")
    program = words.program(parser())
    for name, shell in SHELLS.items():
        (folder / f"script.{name}").write_text(shell.script(program))
    return folder


@pytest.fixture(scope="module", params=["bash", "fish"])
def offer(request: pytest.FixtureRequest, folder: Path) -> Offer:
    """What a shell offers for a line."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")

    def offered(line: str) -> list[str]:
        fish = 'source script.fish; complete -C "$argv[1]"'
        command = {
            "bash": ["bash", "--norc", "-c", BASH, "bash", line],
            "fish": ["fish", "--no-config", "-c", fish, line],
        }
        done = subprocess.run(command[shell], cwd=folder, capture_output=True, text=True, check=True, timeout=30)
        assert done.stderr == ""
        return sorted(row.partition("\t")[0] for row in done.stdout.splitlines() if row)

    return offered


def test_commands_and_their_own(offer: Offer) -> None:
    assert offer("resdsl che") == ["check"]
    assert {"check", "compile", "watch", "explain", "completion"} <= set(offer("resdsl "))
    assert offer("resdsl weights ") == ["export", "import"]
    assert {"show", "verify", *families()} == set(offer("resdsl zoo "))
    assert offer("resdsl completion ") == ["bash", "fish", "zsh"]


def test_networks(offer: Offer) -> None:
    assert offer("resdsl check preresnet20") == sorted(name for name in shipped() if name.startswith("preresnet20"))
    assert set(shipped()) <= set(offer("resdsl summary --format json "))
    assert offer("resdsl zoo show alexn") == ["alexnet", "alexnet_paper"]
    assert offer("resdsl new alexn") == ["alexnet", "alexnet_paper"]
    assert "alexnet" not in offer("resdsl fmt ")


def test_options_and_choices(offer: Offer) -> None:
    assert {"--output", "--level", "--set"} <= set(offer("resdsl render net.res --"))
    assert "--level" not in offer("resdsl summary --")
    assert {"block", "stage"} <= set(offer("resdsl render --level "))
    assert [value.removeprefix("--level=") for value in offer("resdsl render --level=b")] == ["block"]
    assert offer("resdsl weights import --fr") == ["--from"]


def test_codes(offer: Offer) -> None:
    assert offer("resdsl explain E30") == sorted(code for code in CODES if code.startswith("E30"))


def test_files(offer: Offer) -> None:
    assert [name.rstrip("/") for name in offer("resdsl fmt ")] == ["my net.res", "net.res", "parts"]
    assert "notes.txt" in offer("resdsl compile net.res -o ")
    assert "notes.txt" not in offer("resdsl check n")


def test_models_of_a_file(offer: Offer) -> None:
    assert [name.removeprefix("net.res:") for name in offer("resdsl check net.res:")] == ["first", "second"]
    assert [name.removeprefix("net.res:") for name in offer("resdsl check net.res:se")] == ["second"]
    assert [name.rpartition(":")[2] for name in offer("resdsl check my\\ net.res:")] == ["only"]
    assert offer("resdsl check none.res:") == []


def test_names_come_at_once(folder: Path) -> None:
    """The time inside the shell, the best of five: what one waits for after a keystroke."""
    out = subprocess.run(["bash", "--norc", "-c", TIMED], cwd=folder, capture_output=True, text=True, check=True).stdout
    rows = [line.replace(",", ".").split() for line in out.splitlines()]
    assert all(int(count) >= len(shipped()) for *_, count in rows)
    assert min(float(after) - float(before) for before, after, *_ in rows) < FAST


@pytest.fixture
def terminal(folder: Path) -> Iterator[Callable[..., pexpect.spawn[str]]]:
    """A shell that believes it is used by a person."""
    running = []

    def start(*command: str) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            command[0], list(command[1:]), cwd=str(folder), encoding="utf-8", timeout=20, dimensions=(50, 200)
        )
        running.append(child)
        return child

    yield start
    for child in running:
        child.close(force=True)


def test_bash_completes_what_is_typed(terminal: Callable[..., pexpect.spawn[str]]) -> None:
    child = terminal("bash", "--norc", "--noprofile", "-i")
    child.sendline(
        "PS1='READY> '; bind 'set enable-bracketed-paste off'; source script.bash; resdsl() { echo \"<$*>\"; }"
    )
    child.expect("READY> ")
    for typed, ran in (
        ("resdsl che\tresnet50_ba\t\r", "<check resnet50_backbone>"),
        ("resdsl render net.res:se\t--lev\tblo\t\r", "<render net.res:second --level block>"),
        ("resdsl check my\t\r", "<check my net.res>"),
    ):
        child.send(typed)
        child.expect_exact(ran)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
def test_zsh_completes_what_is_typed(terminal: Callable[..., pexpect.spawn[str]]) -> None:
    child = terminal("zsh", "-f", "-i")
    child.sendline(
        "PS1='READY> '; autoload -U compinit && compinit -u -D; source ./script.zsh; resdsl() { echo \"<$*>\" }"
    )
    child.sendline("echo SOURCED")
    child.expect("\nSOURCED")
    for typed, ran in (
        ("resdsl che\tresnet50_ba\t\r", "<check resnet50_backbone>"),
        ("resdsl render net.res:se\t--lev\tblo\t\r", "<render net.res:second --level=block>"),
        ("resdsl summary --format=js\tmy\t\r", "<summary --format=json my net.res>"),
        ("resdsl zoo sh\talexnet_\t\r", "<zoo show alexnet_paper>"),
        ("resdsl weights imp\tx --resha\t\r", "<weights import x --reshape>"),
    ):
        child.send(typed)
        child.expect_exact(ran)
    child.send("resdsl explain E30\t\t")
    for code in (code for code in CODES if code.startswith("E30")):
        child.expect_exact(code)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
def test_zsh_loads_it_from_its_folder(terminal: Callable[..., pexpect.spawn[str]], folder: Path) -> None:
    (folder / "functions").mkdir()
    shutil.copy(folder / "script.zsh", folder / "functions" / "_resdsl")
    child = terminal("zsh", "-f", "-i")
    child.sendline('fpath=($PWD/functions $fpath); autoload -U compinit && compinit -u -D; resdsl() { echo "<$*>" }')
    child.sendline("echo LOADED")
    child.expect("\nLOADED")
    child.send("resdsl che\talexnet_\t\r")
    child.expect_exact("<check alexnet_paper>")


def test_the_scripts_have_every_command_and_option(folder: Path) -> None:
    """Whatever the parser gets is in all three scripts."""
    flags, names = set(), set()
    for command in words.program(parser()).all():
        names |= set(command.path)
        flags |= {flag.lstrip("-") for option in command.options for flag in option.flags}
    assert {"check", "watch", "import", "verify"} <= names
    assert {"level", "o", "max-seconds"} <= flags
    for name in SHELLS:
        script = (folder / f"script.{name}").read_text()
        for word in flags | names:
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w])|-{re.escape(word)}(?![\w-])", script), (name, word)


def test_every_argument_is_known() -> None:
    """A positional argument that nothing is offered for is one that `words` was not told of."""
    for command in words.program(parser()).all():
        assert command.values.kind != "none" or command.children or not _takes_words(command.path), command.path


def _takes_words(path: tuple[str, ...]) -> bool:
    node: argparse.ArgumentParser = parser()
    for word in path:
        (children,) = (a for a in node._actions if isinstance(a, argparse._SubParsersAction))
        node = children.choices[word]
    return any(not a.option_strings and a.choices is None for a in node._actions)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == (folder / f"script.{shell}").read_text()
