"""`resdsl watch` as a process: what it says and writes while its spec and the files that this uses are saved."""

from __future__ import annotations

import os
import pty
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import resdsl
from resdsl.cli.watch import _interrupts

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0
"""Seconds until a test gives up; a busy machine is slow."""

SPEC = """\
use "parts/units.res": unit
model net {{
  input 3x8x8
  conv(3, {width}) -> bn -> relu
  unit({width})
  avgpool -> flatten -> linear(2)
}}
"""
UNIT = "block unit(width) {\n  residual { conv(3, width) -> bn }\n  relu\n}\n"
FAULTY_UNIT = UNIT.replace("width) -> bn", "2 * width) -> bn")


class Session:
    """A running watch. Its lines come through a thread, so that waiting for one has an end."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "resdsl", "watch", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def line(self) -> str:
        return self.lines.get(timeout=PATIENCE)

    def said(self) -> str:
        """The next line of a round, without its time."""
        stamp, _, rest = self.line().partition(" ")
        time.strptime(stamp, "%H:%M:%S")
        return rest

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "units.res").write_text(UNIT)
    (tmp_path / "net.res").write_text(SPEC.format(width=4))
    return tmp_path


@pytest.fixture
def watch(folder: Path) -> Iterator[Callable[..., Session]]:
    running: list[Session] = []

    def start(*arguments: str) -> Session:
        running.append(Session(folder, *arguments))
        return running[-1]

    yield start
    for session in running:
        session.process.kill()
        session.process.wait()
        session.reader.join()
        assert session.process.stdout is not None
        session.process.stdout.close()


def test_good_bad_good(folder: Path, watch: Callable[..., Session]) -> None:
    spec, picture, code = folder / "net.res", folder / "net.dot", folder / "net.py"
    session = watch("net.res", "--render", "net.dot", "--compile", "net.py")
    assert session.said() == "net.res: 1 model, no errors; net.dot written; net.py written"
    first, source = picture.read_bytes(), code.read_text()

    spec.write_text(SPEC.format(width=4).replace("conv(3, 4)", "conv(3, 4, strid=2)"))
    assert session.said() == "net.res: 1 error; net.dot stays as it was; net.py stays as it was"
    assert session.line().startswith("net.res:4:14: error[E120]: ")
    assert (picture.read_bytes(), code.read_text()) == (first, source)

    spec.write_text(SPEC.format(width=6))
    assert session.said() == "net.res: 1 model, no errors; net.dot written; net.py written"
    net = resdsl.load(spec)
    assert picture.read_text() == net.render(format="dot") != first.decode()
    assert code.read_text() == net.source() != source
    assert sorted(path.name for path in folder.iterdir()) == ["net.dot", "net.py", "net.res", "parts"]
    assert session.end() == 0


def test_imports_are_watched(folder: Path, watch: Callable[..., Session]) -> None:
    units = folder / "parts" / "units.res"
    session = watch("net.res")
    assert session.said() == "net.res: 1 model, no errors"

    units.write_text(FAULTY_UNIT)
    assert session.said() == "net.res: 1 error"
    assert session.line().startswith("parts/units.res:2:3: error[E301]: ")

    replacing = units.with_suffix(".tmp")  # as editors save that keep the old file until the new one is whole
    replacing.write_text(UNIT)
    replacing.replace(units)
    assert session.said() == "net.res: 1 model, no errors"

    units.unlink()
    assert session.said() == "net.res: 1 error"
    assert "error[E110]" in session.line()
    units.write_text(UNIT)
    assert session.said() == "net.res: 1 model, no errors"

    (folder / "parts" / "deeper.res").write_text("block act { relu }\n")  # an import that comes in later
    units.write_text('use "deeper.res": act\n' + UNIT.replace("  relu", "  act"))
    assert session.said() == "net.res: 1 model, no errors"
    (folder / "parts" / "deeper.res").write_text("block act { relo }\n")
    assert session.said() == "net.res: 1 error"
    assert session.line().startswith("parts/deeper.res:1:13: error[E101]: ")
    assert session.end() == 0


def test_a_spec_that_vanishes_is_waited_for(folder: Path, watch: Callable[..., Session]) -> None:
    spec = folder / "net.res"
    session = watch("net.res")
    assert session.said() == "net.res: 1 model, no errors"
    spec.unlink()
    assert session.said() == "net.res: there is no file net.res"
    spec.write_text(SPEC.format(width=8))
    assert session.said() == "net.res: 1 model, no errors"
    assert session.end() == 0


def test_what_is_asked_of_the_model(folder: Path, watch: Callable[..., Session]) -> None:
    (folder / "net.res").write_text("model a(n) { input 3; linear(n) }\nmodel b { input 3; linear(4) }\n")
    session = watch("net.res:a", "--set", "n=5", "--compile", "a.py")
    assert session.said() == "net.res: 1 model, no errors; a.py written"
    assert "nn.Linear(3, 5)" in (folder / "a.py").read_text()
    (folder / "net.res").write_text("model a(m = 3) { input 3; linear(m) }\nmodel b { input 3; linear(4) }\n")
    assert session.said() == "net.res: 1 error; a.py stays as it was"
    assert "a has no parameter `n`" in session.line()
    assert session.end() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "standard input"),
        (["nothing.res"], "no file nothing.res"),
        (["net.res", "--render", "net.bmp"], ".svg or .png or .pdf or .html or .dot"),
        (["net.res", "--render", "nowhere/net.dot"], "no folder nowhere"),
        (["net.res", "--compile", "net.res"], ".py"),
    ],
)
def test_what_no_save_would_mend_is_refused_at_once(
    watch: Callable[..., Session], arguments: list[str], said: str
) -> None:
    session = watch(*arguments)
    assert session.process.wait(PATIENCE) == 2
    assert said in session.line()


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz")
def test_a_terminal_is_cleared_unless_told_not_to(folder: Path) -> None:
    for extra, cleared in (([], True), (["--no-clear"], False)):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "resdsl", "watch", "net.res", "--render", "net.svg", *extra],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        text = b""
        while b"\n" not in text:
            text += os.read(ours, 1024)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        os.close(ours)
        assert (b"\x1b[2J" in text) == cleared
        assert (folder / "net.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_ends_it_all_the_same() -> None:
    """In the callback of a weak reference an exception goes nowhere."""

    class Thing:
        pass

    with _interrupts() as sleep:
        sleep(0)
        thing = Thing()
        reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
        del thing
        assert reference() is None
        with pytest.raises(KeyboardInterrupt):
            sleep(0)
