"""Files in and out: texts become sources, products are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from resdsl.diagnostics.model import Diagnostic, Label, Report
from resdsl.limits import DEFAULT, Limits
from resdsl.source import Source, Span


def read_source(path: Path, name: str, report: Report, limits: Limits = DEFAULT) -> Source | None:
    """The text of a file, under the name that messages show. Raises `OSError` if it cannot be read."""
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    with path.open("rb") as file:
        return decode(file.read(limits.file_bytes + 1), name, report, limits)


def decode(data: bytes, name: str, report: Report, limits: Limits = DEFAULT) -> Source | None:
    """Bytes as a source (a byte order mark is dropped), or `None` with a fault in the report."""
    if len(data) > limits.file_bytes:
        fault = f"the file is larger than {limits.file_bytes:,} bytes"
        report.add(
            Diagnostic("E021", fault, Label(Span(Source(name, ""), 0, 0)), help="--max-file-bytes raises the limit")
        )
        return None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        readable = data[: error.start].decode("utf-8")
        source = Source(name, readable + data[error.start :].decode("latin-1"))
        span = Span(source, len(readable), len(readable) + 1)
        fault = f"the byte {data[error.start]:#04x} is not UTF-8"
        report.add(Diagnostic("E020", fault, Label(span), help="save the file as UTF-8"))
        return None


def refuse_place(path: Path, *, keep: Path | None = None) -> None:
    """Raises `OSError` if nothing may be written there: `path` is no regular file, is a symbolic link, is the file
    `keep`, or its folder does not exist."""
    if path.is_symlink():
        raise OSError(f"{path} is a symbolic link, and nothing is written through one")
    if path.exists():
        if not path.is_file():
            raise OSError(f"{path} is not a regular file")
        if keep is not None and keep.exists() and path.samefile(keep):
            raise OSError(f"{path} is the spec itself")
    if not path.parent.is_dir():
        raise OSError(f"{path} cannot be written: there is no folder {path.parent}")


def write_whole(path: Path, data: str | bytes, *, keep: Path | None = None) -> None:
    """Writes a file at once: it has all of `data`, or what it had before.

    Raises `OSError` if it cannot be written, or as `refuse_place` does.
    """
    import tempfile  # not at the top: a check writes nothing

    refuse_place(path, keep=keep)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
