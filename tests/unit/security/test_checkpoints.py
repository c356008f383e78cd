"""Checkpoints that are more than tensors, or say that they are more than they are: refused, nothing run or written."""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.cli import main

OLD = b"cos\nsystem\n(S'touch PWNED'\ntR."
"""A pickle by hand: a call of `os.system`."""
NET = "model net {\n  input 3x8x8\n  conv(3, 4) -> bn -> avgpool -> flatten -> linear(2)\n}\n"


class Runs:
    """Its pickle runs a command when it is read."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call[0], self.call[1:]


def state() -> dict[str, object]:
    Path("good.res").write_text(NET, encoding="utf-8")
    return dict(resdsl.load("good.res").module().state_dict())


def saved(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype: str = "F32", shape: object = (1,), offsets: object = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def archive(*entries: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as made:
        for name, data in entries:
            made.writestr(f"archive/{name}", data)
    return buffer.getvalue()


def lying(size: int) -> bytes:
    """A good archive whose directory says that an entry is larger."""
    data = bytearray(saved(state()))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(data)


def changed(**tensors: object) -> Callable[[], bytes]:
    return lambda: saved(state() | {key.replace("__", "."): value for key, value in tensors.items()})


def wide() -> torch.Tensor:
    """A terabyte by its shape, four bytes by its storage."""
    return torch.zeros(1).expand(10**6, 10**6)


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a pickle that runs a command": ("pth", lambda: pickle.dumps(Runs(os.system, "touch PWNED"))),
    "the same, old protocol": ("pth", lambda: pickle.dumps(Runs(os.system, "touch PWNED"), protocol=0)),
    "a checkpoint with a command in it": ("pth", lambda: saved({"a": Runs(os.system, "touch PWNED")})),
    "a pickle that evaluates": ("pt", lambda: saved(Runs(eval, "open('PWNED', 'w')"))),
    "a pickle that imports": ("pt", lambda: archive(("data.pkl", OLD), ("version", b"3"))),
    "a whole module": ("pt", lambda: saved(torch.nn.Linear(2, 2))),
    "a compressed archive": ("pth", lambda: archive(("data.pkl", b"\0" * 50_000_000), how=zipfile.ZIP_DEFLATED)),
    "an archive that says it is more": ("pth", lambda: lying(4_000_000_000)),
    "an archive without a pickle": ("pth", lambda: archive(("a", b"a"))),
    "a broken archive": ("pth", lambda: saved(state())[:-40]),
    "half a checkpoint": ("pth", lambda: saved(state())[: 700]),
    "names that climb": ("pth", lambda: archive(("../../PWNED", b"a"), ("data.pkl", b"N."), ("version", b"3"))),
    "no bytes": ("pth", lambda: b""),
    "zeros": ("pth", lambda: b"\0" * 100_000),
    "a text": ("pt", NET.encode),
    "a list": ("pth", lambda: saved([torch.zeros(2)])),
    "no tensors": ("pth", lambda: saved({})),
    "a number among tensors": ("pth", changed(epoch=3)),
    "names that are no strings": ("pth", lambda: saved({1: torch.zeros(2)})),
    "a tensor of integers": ("pth", changed(conv__weight=torch.zeros(4, 3, 3, 3, dtype=torch.int64))),
    "a complex tensor": ("pth", changed(conv__weight=torch.zeros(4, 3, 3, 3, dtype=torch.complex64))),
    "a sparse tensor": ("pth", changed(linear__bias=torch.zeros(2).to_sparse())),
    "a tensor of another shape": ("pth", changed(conv__weight=torch.zeros(4, 3, 5, 5))),
    "a tensor of a terabyte": ("pth", changed(conv__weight=wide())),
    "a tensor too many": ("pth", changed(other__weight=torch.zeros(4))),
    "an unknown tensor of a terabyte": ("pth", changed(other__weight=wide())),
    "a header larger than the file": ("safetensors", lambda: safetensors({}, length=2**40)),
    "a header of more than there can be": ("safetensors", lambda: safetensors({}, length=2**64 - 1)),
    "a header that is no JSON": ("safetensors", lambda: safetensors(b"{" * 100_000)),
    "a header of a list": ("safetensors", lambda: safetensors([1, 2])),
    "a deep header": ("safetensors", lambda: safetensors(b"[" * 50_000 + b"]" * 50_000)),
    "no header": ("safetensors", lambda: b"\0" * 4),
    "an unknown type": ("safetensors", lambda: safetensors({"a": tensor("F99")}, b"\0" * 4)),
    "a negative size": ("safetensors", lambda: safetensors({"a": tensor(shape=(-1,))}, b"\0" * 4)),
    "a size beyond all numbers": ("safetensors", lambda: safetensors({"a": tensor(shape=(2**62, 2**62))}, b"\0" * 4)),
    "offsets outside of the file": ("safetensors", lambda: safetensors({"a": tensor(offsets=(0, 2**40))}, b"\0" * 4)),
    "offsets backwards": ("safetensors", lambda: safetensors({"a": tensor(offsets=(4, 0))}, b"\0" * 4)),
    "tensors that overlap": (
        "safetensors", lambda: safetensors({"a": tensor(), "b": tensor(offsets=(2, 6))}, b"\0" * 6),
    ),
    "data that no tensor has": ("safetensors", lambda: safetensors({"a": tensor()}, b"\0" * 400)),
    "a pickle by another name": ("safetensors", lambda: pickle.dumps(Runs(os.system, "touch PWNED"))),
    "another format": ("npz", lambda: b"PK\x03\x04"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(NET, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("suffix", "made"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_checkpoint_is_refused(
    suffix: str, made: Callable[[], bytes], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(f"given.{suffix}").write_bytes(made())
    before = sorted(path.name for path in folder.iterdir())
    peak, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    words = ["weights", "import", "net.res", "--from", f"given.{suffix}", "-o", "out.safetensors"]
    assert main([*words, "--save-map", "map.json"]) in {1, 2}
    said = capsys.readouterr()
    assert said.err.startswith("resdsl: "), said.err
    assert "Traceback" not in said.err
    assert "internal error" not in said.err
    assert len(said.err) < 5_000
    assert not said.out
    assert sorted(path.name for path in folder.iterdir()) == before
    assert time.process_time() - began < 5.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 300_000  # kB


MAPPINGS: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "another version": b'{"resdsl_weights_mapping": 99, "pairs": []}',
    "pairs of nothing": b'{"resdsl_weights_mapping": 1, "pairs": [{}]}',
    "a negative shape": b'{"resdsl_weights_mapping": 1, "pairs": [{"from": "a", "to": "b", "shape": [-1]}]}',
    "a key twice, often": b'{"resdsl_weights_mapping": 1, "pairs": ['
    + b",".join([b'{"from": "a", "to": "b", "shape": [1]}'] * 40_000) + b"]}",
    "a long number": b'{"resdsl_weights_mapping": ' + b"1" * 100_000 + b"}",
    "not UTF-8": b'{"resdsl_weights_mapping": 1, "source": "\xff"}',
    "large": b" " * 64_000_001,
}  # fmt: skip


@pytest.mark.parametrize("data", MAPPINGS.values(), ids=MAPPINGS)
def test_a_hostile_mapping_is_refused(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.pth").write_bytes(saved(state()))
    Path("map.json").write_bytes(data)
    began = time.process_time()
    words = ["weights", "import", "net.res", "--from", "good.pth", "--map", "map.json", "-o", "out.pth"]
    assert main(words) in {1, 2}
    said = capsys.readouterr()
    assert said.err.startswith("resdsl: ")
    assert len(said.err) < 5_000
    assert not (folder / "out.pth").exists()
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize("place", ["/dev/zero", ".", "pipe.json", "nothing.json"])
def test_a_mapping_is_a_file(place: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.pth").write_bytes(saved(state()))
    os.mkfifo("pipe.json")
    assert main(["weights", "import", "net.res", "--from", "good.pth", "--map", place, "-o", "out.pth"]) == 2
    assert f"there is no file {place}" in capsys.readouterr().err
    assert not (folder / "out.pth").exists()


@pytest.mark.parametrize("place", ["/dev/zero", ".", "pipe.pth", "nothing.pth"])
def test_a_checkpoint_is_a_file(place: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.pth")
    assert main(["weights", "import", "net.res", "--from", place, "-o", "out.pth"]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert not (folder / "out.pth").exists()
