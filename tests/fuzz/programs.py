"""Programs that are valid by construction: every construct of the language, with the widths kept in step.

All values are maps of one size, so that only channels have to agree. The layout (newlines or semicolons, blanks,
comments) is as arbitrary as the language allows: the formatter has something to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.choosing import Choices, chance, pick

WIDTHS = (2, 4, 6, 8)
PLAIN = (
    "relu", "bn", "silu", "tanh", "gelu", "elu", "sigmoid", "softplus", "hardswish", "leaky_relu(0.2)", "prelu",
    "gn(2)", "gn(groups=2)", "ln", "instance_norm", "lrn", "bn(gamma=0)", "dropout(0.1)", "dropout_maps",
    "scale(1 / 2)", "layer_scale", "identity", "complement", "shuffle(2)", "maxpool(3, stride=1)", "normalize",
    "softmax",
    "avgpool(3, stride=1)", "conv(3, channels, groups=2)", "conv(1, channels, bias=-2)", "bn(eps=1e-3)",
)  # fmt: skip
CONVOLUTIONS = (
    "conv(3, {})", "conv(1, {}, bias=true)", "conv(k=3, width={})", "conv(3x1, {})", "conv(3, {}, dilation=2)",
    "conv(3, {}, init=kaiming_normal(fan=out))", "conv([1, 3], {})", "conv(3, min({}, 100), pad=1)",
    "conv(3, 2 * ({} // 2))",
)  # fmt: skip
COMMENTS = ("# a comment", "#", '# -> { | } "', "#no blank", "# ä € 字", "## two")

HEAD = "avgpool -> flatten -> linear({})"


@dataclass(slots=True)
class Flow:
    """Text that takes `before` channels to `after`."""

    text: str
    after: int


class Writer:
    """Writes one program."""

    def __init__(self, choices: Choices, depth: int = 3) -> None:
        self.choices = choices
        self.depth = depth
        self.blocks: list[str] = []
        self.names = 0
        self.looping = False
        """What is written is executed several times within one scope, so that nothing in it may have a name."""
        self.sampled = False
        """It lies in the branch of a unit that survives per sample, which holds no other such unit."""
        self.scheduled = False
        """The model has a schedule, which would give the uses of a shared unit several chances."""

    # --- pieces ----------------------------------------------------------------------------------

    def pick(self, options: tuple[str, ...]) -> str:
        return pick(self.choices, options)

    def width(self) -> int:
        return pick(self.choices, WIDTHS)

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def end(self) -> str:
        """What stands between two statements."""
        if chance(self.choices, 8):
            return f"  {self.pick(COMMENTS)}\n"
        if chance(self.choices, 10):
            return f"\n{self.pick(COMMENTS)}\n"
        return self.pick(("\n", "\n", "; ", ";", "\n\n\n", "\n      "))

    def arrow(self) -> str:
        return self.pick((" -> ", " -> ", "->", "\n  -> ", "\n"))

    def body(self, *statements: str) -> str:
        joined = statements[0] + "".join(self.end() + statement for statement in statements[1:])
        return self.pick(("{ %s }", "{%s}", "{\n%s\n}", "{ # here\n %s\n}")) % joined

    def named(self, write: Callable[[], Flow]) -> Flow:
        """What is written in a scope of names of its own."""
        before, self.looping = self.looping, False
        result = write()
        self.looping = before
        return result

    def repeated(self, write: Callable[[], Flow]) -> Flow:
        before, self.looping = self.looping, True
        result = write()
        self.looping = before
        return result

    # --- flows -----------------------------------------------------------------------------------

    def flow(self, before: int, depth: int, after: int | None = None) -> Flow:
        """One to three steps; with `after`, a last one that gives so many channels."""
        parts: list[str] = []
        channels = before
        for _ in range(1 + self.choices.below(3)):
            step = self.step(channels, depth)
            parts.append(step.text)
            channels = step.after
        if after is not None and channels != after:
            parts.append(self.conv(after))
            channels = after
        text = parts[0] + "".join(self.arrow() + part for part in parts[1:])
        return Flow(text, channels)

    def conv(self, width: int) -> str:
        return self.pick(CONVOLUTIONS).format(width)

    def step(self, before: int, depth: int) -> Flow:
        if depth == 0 or chance(self.choices, 3):
            return Flow(self.pick(PLAIN), before)
        if chance(self.choices, 3):
            width = self.width()
            return Flow(self.conv(width), width)
        kinds = [self.residual, self.gated, self.dense, self.merge, self.concat, self.gate, self.call, self.braces]
        kinds += [self.repeat, self.kept, self.labelled, self.unpacked]
        return pick(self.choices, kinds)(before, depth - 1)

    def residual(self, before: int, depth: int) -> Flow:
        survival = self.pick(
            ("", "", "", " survival 0.5", " survival 1 / 2 rescale train", " survival 1 / 2 per sample")
        )
        if self.sampled and "sample" in survival:
            survival = ""
        outer, self.sampled = self.sampled, self.sampled or "sample" in survival
        main = self.flow(before, depth)
        self.sampled = outer
        after = main.after
        skips = [f"{{ {self.conv(after)} }}", self.conv(after), "fit", f"{{ {self.conv(after)} -> bn }}"]
        if after == before:
            skips += ["", "", "identity", "{ }", "fit"]
        skip = pick(self.choices, skips)
        clause = f" shortcut {skip}" if skip else ""
        if skip and not self.looping and chance(self.choices, 6) and skip not in {"identity", "{ }", "fit"}:
            clause = f" shortcut {self.fresh('skip')}: {skip}"
        return Flow(f"residual {self.body(main.text)}{clause}{survival}", after)

    def gated(self, before: int, depth: int) -> Flow:
        main = self.flow(before, depth, before)
        carry = self.pick(("", "", f"\ncarry {{ {self.conv(before)} -> sigmoid }} survival 1"))
        gate = f"gate {{ {self.conv(before)} -> sigmoid }}"
        return Flow(f"residual {self.body(main.text)} {gate}{carry}", before)

    def dense(self, before: int, depth: int) -> Flow:
        inner = self.flow(before, depth, self.width())
        squeeze = self.width()
        return Flow(f"dense {self.body(inner.text)} -> conv(1, {squeeze})", squeeze)

    def branches(self, before: int, depth: int, after: int | None) -> list[Flow]:
        return [self.flow(before, depth, after) for _ in range(1 + self.choices.below(3))]

    def merge(self, before: int, depth: int) -> Flow:
        width = self.width()
        kind = self.pick(("add", "mean", "mul"))
        lines = "".join(f"\n | {branch.text}" for branch in self.branches(before, depth, width))
        return Flow(f"{kind} {{{lines}\n}}", width)

    def concat(self, before: int, depth: int) -> Flow:
        branches = self.branches(before, depth, None)
        lines = "".join(f" | {branch.text}{self.pick((' ', ''))}" for branch in branches)
        return Flow(f"concat {{{lines}}}", sum(branch.after for branch in branches))

    def gate(self, before: int, depth: int) -> Flow:
        inner = self.flow(before, depth)
        return Flow(
            f"mul {{ | {inner.text}\n | avgpool -> conv(1, {inner.after}, bias=true) -> sigmoid }}", inner.after
        )

    def call(self, before: int, depth: int) -> Flow:
        """A block, written where it is called: its body is valid for what arrives there."""
        name, after = self.fresh("unit"), self.width()
        inner = self.named(lambda: self.flow(before, depth))
        extra = self.pick(("", ", act = relu", ", norm = bn, act = silu", ", n = 1"))
        last = {"": "", ", act = relu": " -> act", ", norm = bn, act = silu": " -> norm -> act"}.get(
            extra, " -> n x relu"
        )
        statements = [f"{inner.text}{self.arrow()}conv(3, width){last}"]
        if chance(self.choices, 3):
            first = (
                "let twice = 2 * width",
                'require width > 0 else "{width} is none"',
                "let f(a, b = 1) = a if b == 1 else f(a, 1)",
                "default conv(bias=true)",
            )
            statements.insert(0, self.pick(first))
        numbered = self.pick(("", "", "[]"))
        self.blocks.append(f"block {name}(width{extra}){numbered} {self.body(*statements)}")
        call = self.pick((f"{name}({after})", f"{name}(width={after})", f"{name}({after} + 0)"))
        if not self.looping and chance(self.choices, 4):
            return Flow(f"{self.label()}: {call}", after)
        return Flow(call, after)

    def label(self) -> str:
        name = self.fresh("part")
        return self.pick(
            (name, f"{name}[]", f'"{name}.first-one"', f"{name}_{{1 + 1}}", f'"{name}{{2}}"', f"{name}_class")
        )

    def labelled(self, before: int, depth: int) -> Flow:
        if self.looping:
            return self.braces(before, depth)
        inner = self.named(lambda: self.flow(before, depth))
        lead = self.pick(("stage {}: ", "region {}: ", "{}: ", "{}[]: ", "stage {}_{{3}}: "))
        if lead.startswith("region"):  # it opens no scope, so that names in it are those around it
            inner = self.repeated(lambda: self.flow(before, depth))
        return Flow(lead.format(self.fresh("part")) + self.body(inner.text), inner.after)

    def braces(self, before: int, depth: int) -> Flow:
        inner = self.flow(before, depth)
        return Flow(self.body(inner.text), inner.after)

    def repeat(self, before: int, depth: int) -> Flow:
        inner = self.repeated(lambda: self.flow(before, depth, before))
        count = self.pick(("2", "3", "1", "0", "4 / 2", "(1 + 1)"))
        then = f"conv(3, {before}, bias = true then false)"
        return Flow(f"{count} x {self.body(then, inner.text)}", before)

    def kept(self, before: int, depth: int) -> Flow:
        name, width = self.fresh("v"), self.width()
        inner = self.flow(before, depth, width)
        again = self.pick((f"conv(1, {width})", f"conv(3, {width}) -> bn"))
        return Flow(f"keep {name} -> add {{ | {inner.text}\n | from {name} -> {again} }}", width)

    def unpacked(self, before: int, depth: int) -> Flow:
        """A block with two outputs, both used."""
        name, one, other = self.fresh("fork"), self.fresh("a"), self.fresh("b")
        inner = self.named(lambda: self.flow(before, depth))
        body = self.body(f"{inner.text}{self.arrow()}keep p{self.arrow()}relu -> keep q", "output p, q")
        self.blocks.append(f"block {name} {body}")
        return Flow(
            f"{name} -> keep {one}, {other} -> from {one} -> concat {{ | identity | from {other} }}", 2 * inner.after
        )

    # --- statements ------------------------------------------------------------------------------

    def statement(self, before: int) -> Flow:
        """One of a model's body."""
        depth = self.depth
        kinds = [self.plain, self.plain, self.plain, self.decision, self.loop, self.shared, self.aux]
        return pick(self.choices, kinds)(before, depth)

    def plain(self, before: int, depth: int) -> Flow:
        return self.flow(before, depth)

    def decision(self, before: int, depth: int) -> Flow:
        condition = self.pick(("channels > 3", "true", "not (channels == 4 or false)", "size == 4 and channels != 2"))
        one, other = self.flow(before, depth - 1, before), self.flow(before, depth - 1, before)
        return Flow(f"if {condition} {self.body(one.text)} else {self.body(other.text)}", before)

    def loop(self, before: int, depth: int) -> Flow:
        inner = self.repeated(lambda: self.flow(before, depth - 1, before))
        target = self.pick(("i in range(2)", "i in [3, 1]", "i, w in enumerate([5, 6])", "i, (w, v) in [[1, [2, 3]]]"))
        label = self.pick(("", f"{self.fresh('step')}_{{i}}: "))
        return Flow(f"for {target} {{ {label}conv(3, {before}) -> {inner.text} }}", before)

    def shared(self, before: int, depth: int) -> Flow:
        if self.scheduled:
            return self.flow(before, depth)
        name = self.fresh("same")
        inner = self.named(lambda: self.flow(before, depth - 1, before))
        return Flow(f"shared {name}: {self.body(inner.text)}{self.end()}{name} -> relu -> {name}", before)

    def aux(self, before: int, _depth: int) -> Flow:
        weight = self.pick(("", "(0.3) ", "(1 / 3) "))
        return Flow(f"aux {weight}{self.fresh('aux')}: {{ {HEAD.format(2)} }}", before)

    def program(self) -> str:
        channels = pick(self.choices, (1, 2, 3, 4))
        first = self.width()
        statements = [f"input {channels}x4x4"]
        if chance(self.choices, 4):
            self.scheduled = True
            statements.append(self.pick(("survival 1 - l / L * 0.5", "survival 0.9", "survival p rescale train")))
        if chance(self.choices, 4):
            statements.append(self.pick(("default conv(bias=true)", "default bn(momentum=0.2, eps=1e-4)")))
        statements.append(self.conv(first))
        value = Flow("", first)
        for _ in range(1 + self.choices.below(3)):
            value = self.statement(value.after)
            statements.append(value.text)
        statements.append(HEAD.format("classes"))
        if chance(self.choices, 3):
            statements.append(
                self.pick(("expect keys > 0", "expect depth >= 2; expect units >= 0", "expect params != 0"))
            )
        model = f"model net(classes = 3, p = 0.5) {self.body(*statements)}"
        parts = ["block fit[] { if in.channels != out.channels { conv(1, out.channels) -> bn } }", *self.blocks, model]
        if chance(self.choices, 3):
            parts.append(self.pick(("model wide = net(classes=5)", "model wide = net(5) { expect keys > 0 }")))
        if chance(self.choices, 3):
            parts.insert(
                0, self.pick(("let widths = [1, 2]", "let f(n) = 1 if n < 1 else f(n - 1)", "let a = 3 # a\n"))
            )
        if chance(self.choices, 3):
            parts.insert(0, "# A title.\n# arXiv:1234.56789\n")
        return "".join(part + self.pick(("\n", "\n\n", f"\n{self.pick(COMMENTS)}\n", " # behind\n")) for part in parts)


def program(choices: Choices, depth: int = 2) -> str:
    """A program without faults, with at most `depth` constructs within each other."""
    return Writer(choices, depth).program()
