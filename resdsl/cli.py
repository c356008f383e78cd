"""The command line: arguments, files and exit codes; no logic of its own.

Exit codes: 0 fine, 1 the spec has errors (or weights do not fit), 2 usage or input and output, 3 a fault of resdsl.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from resdsl import __version__
from resdsl.diagnostics import CompileError, Diagnostic, InternalError, Report, WeightsError
from resdsl.files import write_whole
from resdsl.limits import Limits
from resdsl.specs import STDIN, Spec, SpecError, find

if TYPE_CHECKING:
    from resdsl.api import Architecture
    from resdsl.source import Source
    from resdsl.syntax.tree import Expr

FINE, FAULTY, USAGE, INTERNAL = range(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; `argv` is without the program's name. Returns the exit code."""
    collecting = gc.isenabled()
    gc.disable()  # a command is short and leaves little garbage, but many objects to look through for it
    try:
        return _run(_options(argv))
    finally:
        if collecting:
            gc.enable()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, options before, between or after the others: argparse takes a list's words in one place only."""
    parser = _parser()
    options, rest = parser.parse_known_args(argv)
    words = getattr(options, "words", getattr(options, "specs", None))
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if words is not None:
        words += rest
    return options


def _run(options: argparse.Namespace) -> int:
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CompileError as error:
        _report(error.diagnostics, options)
        return FAULTY
    except WeightsError as error:
        print(f"resdsl: {error}", file=sys.stderr)
        return FAULTY
    except BrokenPipeError:  # the reader of our output has seen enough; nothing is left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except (SpecError, OSError, MemoryError) as error:
        return _usage(str(error))
    except KeyboardInterrupt:
        return 130
    except InternalError as error:
        return _internal(str(error))
    except Exception as error:  # noqa: BLE001 - whatever else comes here is our own fault, and is told as one
        import traceback

        traceback.print_exc()
        return _internal(f"{type(error).__name__}: {error}")
    return code


def _check(options: argparse.Namespace) -> int:
    from resdsl.api import check

    report = Report()
    counted = []
    for text in options.specs:
        spec = find(text)
        found, models = check(spec, limits=_limits(options))
        report.extend(found)
        counted.append(f"{spec.name}: {_count(len(models), 'model')}")
    _report(report, options)
    if report.failed:
        return FAULTY
    print("\n".join(f"{line}, no errors" for line in counted))
    return FINE


def _compile(options: argparse.Namespace) -> int:
    net, spec = _load(options)
    source = net.source()
    figures = _figures(net)
    if options.verify:
        from resdsl.runtime import verify

        figures += f"; {verify(net.ir, source)}"
    _put(source, options.output, spec)
    print(figures, file=sys.stderr if options.output == STDIN else sys.stdout)
    return FINE


def _fmt(options: argparse.Namespace) -> int:
    from resdsl.syntax.format import format_source

    report, limits = Report(), _limits(options)
    texts: list[tuple[Path | None, Source, str]] = []
    for path in _formatted_paths(options.files):
        source = Spec(path, None).read(report, limits)
        text = None if source is None else format_source(source, report, limits=limits)
        if source is not None and text is not None:
            texts.append((path, source, text))
    _report(report, options)
    if report.failed:
        return FAULTY
    differing = [one for one in texts if one[1].text != one[2]]
    if options.diff:
        for _, source, text in differing:
            _print_difference(source, text)
    if options.check:
        print("\n".join(f"{source.name} is not formatted" for _, source, _ in differing), end="\n" * bool(differing))
        return FAULTY if differing else FINE
    if options.diff:
        return FINE
    for path, source, text in texts:
        if path is None:
            sys.stdout.write(text)
        elif source.text != text:
            write_whole(path, text)
            print(f"{source.name} formatted")
    return FINE


def _formatted_paths(names: Sequence[str]) -> list[Path | None]:
    """Files, and those below directories; `None` is standard input."""
    found: list[Path | None] = []
    for name in names:
        path = Path(name)
        found.extend(sorted(path.rglob("*.res")) if path.is_dir() else [None if name == STDIN else path])
    return list(dict.fromkeys(found))


def _print_difference(source: Source, text: str) -> None:
    from difflib import unified_diff

    lines = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    for line in unified_diff(*lines, source.name, f"{source.name} (formatted)"):
        print(line.rstrip("\r\n"))


def _summary(options: argparse.Namespace) -> int:
    net, _ = _load(options)
    summary = net.summary()
    print(summary.to_json() if options.format == "json" else summary.to_table(), end="")
    return FINE


def _render(options: argparse.Namespace) -> int:
    net, spec = _load(options)
    suffix = "" if options.output == STDIN else Path(options.output).suffix.removeprefix(".")
    picture = net.render(level=options.level, format=options.format or suffix or "svg")
    assert not isinstance(picture, Path)
    _put(picture, options.output, spec)
    return FINE


def _zoo(options: argparse.Namespace) -> int:
    """Lists, or does what the first word says."""
    action, *names = options.words or [""]
    if options.peers and action != "verify":
        return _usage("--peers belongs to zoo verify")
    if options.format and action in {"show", "verify"}:
        return _usage("--format belongs to the list")
    if action == "show":
        return _zoo_show(names)
    if action == "verify":
        return _zoo_verify(names, peers=options.peers)
    return _zoo_list(options.words, options.format or "table")


def _zoo_list(families: Sequence[str], form: str) -> int:
    from dataclasses import asdict

    from resdsl import zoo
    from resdsl.analysis.summary import gmacs

    rows = zoo.rows(families)
    if form == "json":
        import json

        print(json.dumps([asdict(row) for row in rows], indent=2))
        return FINE
    if form == "md":
        print("| family | name | params | GMACs | depth | paper |\n| --- | --- | ---: | ---: | ---: | --- |")
        for row in rows:
            paper = row.paper and f"[{row.paper}](https://arxiv.org/abs/{row.paper})"
            print(f"| {row.family} | {row.name} | {row.params:,} | {gmacs(row.macs)} | {row.depth} | {paper} |")
        return FINE
    line = "{{:<{}}}  {{:<{}}}  {{:>11}}  {{:>7}}  {{:>5}}  {{}}".format(*zoo.widths())
    print(line.format("family", "name", "params", "GMACs", "depth", "paper"))
    for row in rows:
        paper = row.paper and f"arXiv:{row.paper}"
        figures = (f"{row.params:,}", gmacs(row.macs), row.depth, paper)
        print(line.format(row.family, row.name, *figures), flush=True)  # a row is there when it is computed
    return FINE


def _zoo_show(names: Sequence[str]) -> int:
    from resdsl.zoo import text_of

    if len(names) != 1:
        return _usage("zoo show takes the name of one network")
    text, path, line = text_of(names[0])
    print(text, end="", flush=True)
    print(f"{names[0]} is line {line} of {path.name}", file=sys.stderr)
    return FINE


def _zoo_verify(names: Sequence[str], *, peers: bool) -> int:
    from resdsl.zoo import verify

    counted = differing = 0
    missing: set[str] = set()
    for verdict in verify(names, peers=peers):
        print(verdict, flush=True)
        counted += 1
        differing += bool(verdict.differences)
        missing |= {verdict.missing} - {""}
    if missing:
        print(f"not compared with the peers of {', '.join(sorted(missing))}, which cannot be imported", file=sys.stderr)
    print(f"{_count(counted, 'network')}, {differing or 'none'} {'differ' if differing != 1 else 'differs'}")
    return FAULTY if differing else FINE


def _explain(options: argparse.Namespace) -> int:
    from resdsl.diagnostics.codes import CODES
    from resdsl.diagnostics.explain import explain

    if options.code is None:
        print("\n".join(f"{code}  {title}" for code, title in CODES.items()))
        return FINE
    page = explain(options.code)
    if page is None:
        return _usage(f"there is no code {options.code}; `resdsl explain` lists them")
    print(page, end="")
    return FINE


def _new(options: argparse.Namespace) -> int:
    if options.what == STDIN or options.what.endswith(".res"):
        if options.output:
            return _usage("-o is for the copy of a network; a new spec has the name that is given")
        text = Path(__file__).with_name("template.res").read_text(encoding="utf-8")
        said = f"{options.what} is a small residual network. Next: resdsl check {options.what}"
        return _start({options.what: text}, said)
    from resdsl.zoo import copy_of

    name = options.what
    copy = copy_of(name)
    output = options.output or f"{name}.res"
    if output == STDIN and copy.used:
        return _usage(f"{name} uses {', '.join(copy.used)}: its copy is several files, and needs a name")
    beside = {str(Path(output).with_name(used)): text for used, text in copy.used.items()}
    also = f" It uses {', '.join(beside)}." if beside else ""
    said = f"{output} is a copy; {name} is line {copy.line}.{also} Next: resdsl compile {output}:{name}"
    return _start({output: copy.text, **beside}, said)


def _start(texts: dict[str, str], said: str) -> int:
    """Writes new specs; none if one of them cannot be."""
    if STDIN in texts:
        print(texts[STDIN], end="")
        return FINE
    for path in map(Path, texts):
        if path.suffix != ".res":
            return _usage(f"the name of a spec ends in .res, and {path} does not")
        if path.exists() or path.is_symlink():
            return _usage(f"{path} exists already")
    for name, text in texts.items():
        write_whole(Path(name), text)
    print(said)
    return FINE


def _weights(options: argparse.Namespace) -> int:
    from resdsl.api import export_weights, import_weights

    net, spec = _load(options)
    path = Path(options.output)
    pins = _pins(options.pin)
    if options.direction == "import":
        found, data = import_weights(
            net, options.source, path.suffix, mapping=options.map, pins=pins, reshape=options.reshape
        )
    else:
        found, data = export_weights(
            net, options.source, options.layout, path.suffix, pins=pins, reshape=options.reshape
        )
    _put(data, options.output, spec)
    if options.save_map:
        _put(found.to_json(), options.save_map, spec)
    print(found)
    if not found.by_name:
        print(f"\n{found.table()}", end="")
    return FINE


def _pins(settings: Sequence[str]) -> dict[str, str]:
    found = {}
    for setting in settings:
        one, equals, other = setting.partition("=")
        if not (one and equals and other):
            raise SpecError(f"--pin {setting}: it is written MODULE=MODULE, a module of the file and one of the model")
        found[one] = other
    return found


def _load(options: argparse.Namespace) -> tuple[Architecture, Spec]:
    from resdsl.api import compile_spec, input_size

    spec = find(options.spec)
    arguments = _arguments(options.set)
    net = compile_spec(spec, arguments=arguments, size=input_size(options.input), limits=_limits(options))
    _report(net.warnings, options)
    return net, spec


def _arguments(settings: Sequence[str]) -> dict[str, Expr]:
    """Each `name=expression`, parsed as the language's own. Raises `CompileError` and `SpecError`."""
    if not settings:
        return {}
    from resdsl.source import Source
    from resdsl.syntax import parse_expression

    report = Report()
    found: dict[str, Expr] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip().isidentifier():
            raise SpecError(f"--set {setting}: it is written name=value")
        if value := parse_expression(Source(f"--set {name.strip()}", text), report):
            found[name.strip()] = value
    report.raise_if_failed()
    return found


def _figures(net: Architecture) -> str:
    from resdsl.analysis.summary import gmacs

    summary = net.summary()
    return (
        f"{summary.model}: {summary.params:,} parameters, {gmacs(summary.macs)} GMACs, depth {summary.depth}, "
        f"{_count(net.source().count(chr(10)), 'line')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _put(product: str | bytes, output: str, spec: Spec) -> None:
    if output != STDIN:
        path = Path(output)
        if path.suffix == ".res":
            raise SpecError(f"{path} has the name of a spec, and a product never replaces one")
        write_whole(path, product, keep=spec.path)
    elif isinstance(product, str):
        sys.stdout.write(product)
    else:
        sys.stdout.buffer.write(product)


def _report(diagnostics: Iterable[Diagnostic], options: argparse.Namespace) -> None:
    found = tuple(diagnostics)
    if not found and options.errors != "json":
        return
    from resdsl.diagnostics.render import render

    terminal = sys.stderr.isatty()
    color = terminal and not os.environ.get("NO_COLOR")
    text = render(found, options.errors or ("full" if terminal else "concise"), color=color)
    print(text, end="", file=sys.stderr)


def _usage(message: str) -> int:
    print(f"resdsl: {message}", file=sys.stderr)
    return USAGE


def _internal(message: str) -> int:
    print(f"resdsl: internal error: {message}", file=sys.stderr)
    print("This is a fault of resdsl, not of the spec; please report it.", file=sys.stderr)
    return INTERNAL


def _limits(options: argparse.Namespace) -> Limits:
    return Limits(**{limit.name: getattr(options, f"max_{limit.name}") for limit in fields(Limits)})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="resdsl", description="A text language for residual networks and its compiler to PyTorch.")
    parser.add_argument("--version", action="version", version=f"resdsl {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    spec_help = "a .res file, FILE:MODEL, the name of a network that ships (resdsl zoo), or - for standard input"

    check = commands.add_parser("check", help="find every fault of a spec", description="Find every fault of a spec.")
    check.add_argument("specs", metavar="SPEC", nargs="+", help=spec_help)
    check.set_defaults(run=_check)
    _add_common(check, "--errors", "--format")

    fmt = commands.add_parser("fmt", help="format specs", description="Write specs in their canonical form.")
    fmt.add_argument(
        "files", metavar="FILE", nargs="+", help=".res files, directories of them, or - for standard input"
    )
    fmt.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    fmt.set_defaults(run=_fmt)
    _add_common(fmt, "--errors")

    compile_ = commands.add_parser("compile", help="write readable PyTorch", description="Write readable PyTorch.")
    _add_spec(compile_, spec_help)
    compile_.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    compile_.add_argument(
        "--no-verify", dest="verify", action="store_false", help="do not build the module and run a step with it"
    )
    compile_.set_defaults(run=_compile)

    summary = commands.add_parser("summary", help="figures, and a row a stage", description="Figures of a net.")
    _add_spec(summary, spec_help)
    summary.add_argument("--format", choices=("table", "json"), default="table")
    summary.set_defaults(run=_summary)

    render = commands.add_parser("render", help="draw a net", description="Draw a net.")
    _add_spec(render, spec_help)
    render.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    render.add_argument("--level", choices=("stage", "block"), default="stage", help="what one node is")
    render.add_argument("--format", choices=("svg", "png", "pdf", "dot"), help="default: what FILE ends in, or svg")
    render.set_defaults(run=_render)

    zoo = commands.add_parser(
        "zoo",
        help="what ships",
        description="The networks that ship: all, some families (files), one's text, or the proof of their figures.",
        usage="resdsl zoo [FAMILY ...] [--format FORMAT]\n       resdsl zoo show NAME\n"
        "       resdsl zoo verify [NAME ...] [--peers]",
    )
    zoo.add_argument("words", metavar="FAMILY", nargs="*", help="or show and a network, or verify and networks")
    zoo.add_argument("--format", choices=("table", "json", "md"), help="of the list (default: table)")
    zoo.add_argument(
        "--peers", action="store_true",
        help="verify runs a network beside that of a library too, with its weights: minutes",
    )  # fmt: skip
    zoo.set_defaults(run=_zoo)

    _add_weights(commands.add_parser("weights", help="checkpoints from and to elsewhere"), spec_help)

    explain = commands.add_parser("explain", help="what a code means", description="The page of a diagnostic's code.")
    explain.add_argument("code", metavar="CODE", nargs="?", help="such as E301; without it, all are listed")
    explain.set_defaults(run=_explain)

    new = commands.add_parser(
        "new", help="start a spec", description="Write a spec to start from: a small one, or a copy of one that ships."
    )
    new.add_argument(
        "what", metavar="FILE|NAME", help="a name that ends in .res, - for standard output, or a network that ships"
    )
    new.add_argument("-o", "--output", metavar="FILE", help="where a network's copy goes (default: NAME.res)")
    new.set_defaults(run=_new)
    return parser


def _add_weights(parser: argparse.ArgumentParser, spec_help: str) -> None:
    directions = parser.add_subparsers(title="directions", required=True, metavar="DIRECTION", parser_class=_Parser)
    import_ = directions.add_parser("import", help="a checkpoint from elsewhere, in the model's names")
    import_.add_argument(
        "--from", dest="source", metavar="FILE", required=True,
        help=".safetensors, .pth or .pt; or torchvision:NAME, timm:NAME, pytorchcv:NAME, which downloads",
    )  # fmt: skip
    import_.add_argument("--map", metavar="FILE", help="a mapping that was saved before, or written by hand")
    export = directions.add_parser("export", help="the model's checkpoint, in the names of another layout")
    export.add_argument(
        "--from", dest="source", metavar="FILE", required=True, help="a checkpoint in the model's names"
    )
    export.add_argument(
        "--layout", metavar="LAYOUT", required=True,
        help="a saved mapping (.json), a checkpoint in that layout, or torchvision:NAME, timm:NAME, pytorchcv:NAME",
    )  # fmt: skip
    for direction, name in ((import_, "import"), (export, "export")):
        _add_spec(direction, spec_help)
        direction.add_argument(
            "-o", "--output", metavar="FILE", required=True, help="where to; it ends in .safetensors, .pth or .pt"
        )
        direction.add_argument("--save-map", metavar="FILE", help="write the mapping as JSON, to read and to use again")
        direction.add_argument(
            "--pin",
            metavar="FROM=TO",
            action="append",
            default=[],
            help="a module of the file is this one of the model",
        )
        direction.add_argument(
            "--reshape", action="store_true", help="a linear layer's weight may be a convolution's, and the reverse"
        )
        direction.set_defaults(run=_weights, direction=name)


def _add_spec(parser: argparse.ArgumentParser, spec_help: str) -> None:
    parser.add_argument("spec", metavar="SPEC", help=spec_help)
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a parameter of the model")
    parser.add_argument("--input", metavar="SIZE", help="the size of the input, such as 3x320x320")
    _add_common(parser, "--errors")


def _add_common(parser: argparse.ArgumentParser, *errors: str) -> None:
    forms = ("full", "concise", "json")
    parser.add_argument(
        *errors, dest="errors", choices=forms, help="how faults are shown (default: full on a terminal, else concise)"
    )
    group = parser.add_argument_group("limits")
    for limit in fields(Limits):
        group.add_argument(
            f"--max-{limit.name.replace('_', '-')}",
            dest=f"max_{limit.name}",
            metavar="N",
            type=float if limit.name == "seconds" else int,
            default=limit.default,
            help=f"default {limit.default:,}",
        )
