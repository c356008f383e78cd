"""`use`: definitions from the library and from files beside this one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from resdsl.diagnostics import Label
from resdsl.diagnostics.suggest import respelling
from resdsl.elaborate.context import Home
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.library import LIBRARY, library_names
from resdsl.elaborate.values import UNKNOWN, Value
from resdsl.files import decode
from resdsl.resources import root
from resdsl.source import Source
from resdsl.syntax import parse, tree


class Importer:
    """Reads each file once. `define` enters a file's definitions; `read` gives a file's bytes."""

    def __init__(
        self,
        evaluator: Evaluator,
        source: Source,
        define: Callable[[Home, Importer], None],
        read: Callable[[Path], bytes] | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.define = define
        self.read = read or self._read
        self.library = root("library").resolve()
        self.tree = Path(source.name).parent.resolve() if not source.name.startswith("<") else Path.cwd().resolve()
        self.homes: dict[Path, Home] = {}
        self.files: set[Path] = set()
        """Where the imports lead, as they are written: read, missing or refused."""
        self.places: dict[str, tuple[Path, Path]] = {source.name: (self.tree, self.tree)}
        """For each source by name: its folder, and the folder that its imports may not leave."""
        self.loading: list[Path] = [self.tree / Path(source.name).name]

    def _read(self, path: Path) -> bytes:
        with path.open("rb") as file:
            return file.read(self.evaluator.limits.file_bytes + 1)

    def take(self, use: tree.Use, home: Home) -> list[tuple[tree.Ident, Value]]:
        """The names of a `use` with their values; `UNKNOWN` for those that there is a report of."""
        if use.path is None:
            return [(ident, self._from_library(ident, use)) for ident in use.names]
        path = self._resolve(use, home)
        found = self._home(path, self._name(use, home), use) if path else None
        return [(ident, self._value(found, ident, f'"{use.path}"')) for ident in use.names]

    # --- the library -----------------------------------------------------------------------------

    def _from_library(self, ident: tree.Ident, use: tree.Use) -> Value:
        index = library_names()
        if ident.name not in index:
            near = respelling(ident.name, ident.span, index, f"it has {', '.join(sorted(index))}")
            self.evaluator.error("E113", f"the library has no `{ident.name}`", ident.span, **near)
            return UNKNOWN
        file = index[ident.name]
        return self._value(self._home(self.library / file, LIBRARY + file, use), ident, LIBRARY + file)

    # --- files -----------------------------------------------------------------------------------

    def _resolve(self, use: tree.Use, home: Home) -> Path | None:
        """The file that a path leads to, if it may be read."""
        assert use.path is not None
        folder, inside = self.places[home.file.source.name]
        written = PurePosixPath(use.path)
        if not use.path or "\0" in use.path or written.is_absolute() or "\\" in use.path:
            self.evaluator.error("E111", "a path is relative to this file, with `/`", use.path_span)
            return None
        self.files.add(folder / written)
        try:
            path = (folder / written).resolve()
        except (OSError, RuntimeError) as error:
            self.evaluator.error("E110", f'"{use.path}" cannot be read: {error}', use.path_span)
            return None
        if not path.is_relative_to(inside):
            self.evaluator.error(
                "E111",
                f'"{use.path}" is outside of the folder of the spec',
                use.path_span,
                notes=["imports never leave the folder of the first file, nor through links"],
            )
            return None
        return path

    def _name(self, use: tree.Use, home: Home) -> str:
        """What messages call the file: beside the importing one."""
        name = home.file.source.name
        prefix = LIBRARY if name.startswith(LIBRARY) else ""
        folder = posixpath.dirname(name.removeprefix(prefix)) if not name.startswith("<") else ""
        return prefix + posixpath.normpath(posixpath.join(folder, str(use.path)))

    def _home(self, path: Path, name: str, use: tree.Use) -> Home | None:
        """The definitions of a file; `None`, with a report, where it cannot be had."""
        if path in self.loading:
            names = [p.name for p in self.loading[self.loading.index(path) :]]
            chain = " uses ".join([*names, path.name])
            self.evaluator.error("E112", f"an import cycle: {chain}", use.path_span)
            return None
        if path in self.homes:
            return self.homes[path]
        source = self._source(path, name, use)
        if source is None:
            return None
        library = path.is_relative_to(self.library) and name.startswith(LIBRARY)
        self.places[name] = (path.parent, self.library if library else self.tree)
        evaluator = self.evaluator
        home = Home(parse(source, evaluator.report, limits=evaluator.limits, deadline=evaluator.deadline))
        self.loading.append(path)
        self.define(home, self)
        self.loading.pop()
        self.homes[path] = home
        return home

    def _source(self, path: Path, name: str, use: tree.Use) -> Source | None:
        try:
            if self.read == self._read and not path.is_file():
                reason = "is not a regular file" if path.exists() else "does not exist"
                self.evaluator.error("E110", f'"{use.path}" {reason}', use.path_span)
                return None
            data = self.read(path)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            reason = "does not exist" if missing else f"cannot be read: {error.strerror}"
            self.evaluator.error("E110", f'"{use.path}" {reason}', use.path_span)
            return None
        return decode(data, name, self.evaluator.report, self.evaluator.limits)

    def _value(self, home: Home | None, ident: tree.Ident, file: str) -> Value:
        """A definition of a file; imported names are not passed on."""
        if home is None:
            return UNKNOWN
        name = ident.name
        if name in home.own:
            return self.evaluator.file_let(home, name) if name in home.pending else home.values[name]
        if name in home.file.faulty_names:
            return UNKNOWN
        if name in home.values:
            self.evaluator.error(
                "E113",
                f"{file} imports `{name}` itself, and imported names are not passed on",
                ident.span,
                secondary=[Label(home.spans[name], "imported here")],
            )
            return UNKNOWN
        near = respelling(name, ident.span, home.own)
        self.evaluator.error("E113", f"{file} defines no `{name}`", ident.span, **near)
        return UNKNOWN
