"""Text of the classes that a net with survival carries: it stands alone, so they are part of its file."""

from __future__ import annotations

BASE = "StochasticDepth"

_BATCH = '''\
class {name}(nn.Module):
    """The chance that a residual branch is computed in a training step.

    A branch that does not survive runs no operator, leaves its batch statistics as they
    are and gives its weights no gradient.
    """

    def __init__(self, chance: float) -> None:
        super().__init__()
        self.chance = chance
        self.drawn = True

    def draw(self, generator: torch.Generator, batch: int) -> None:
        self.drawn = bool(torch.rand((), generator=generator) < self.chance)

    @property
    def active(self) -> bool:
        """Whether the branch is computed now: always in eval."""
        return self.drawn or not self.training

    def forward(self, branch: Tensor) -> Tensor:
        """The branch's result as it is added, right in expectation."""
        {scaled}'''

_SAMPLE = '''\
class {name}(nn.Module):
    """The chance that a residual branch is computed for an input, in a training step.

    Each input of the batch is drawn by itself; the branch, its batch norms included,
    sees the surviving inputs alone.
    """

    def __init__(self, chance: float) -> None:
        super().__init__()
        self.chance = chance
        self.rows: Tensor | None = None

    def draw(self, generator: torch.Generator, batch: int) -> None:
        draws = torch.rand(batch, generator=generator)
        self.rows = (draws < self.chance).nonzero().flatten()

    @property
    def active(self) -> bool:
        """Whether the branch is computed now, for some input: always in eval."""
        return self.rows is None or len(self.rows) > 0 or not self.training

    def select(self, x: Tensor) -> Tensor:
        """The inputs that the branch is computed for."""
        if self.rows is None or not self.training:
            return x
        return x[self.rows.to(x.device)]

    def put(self, x: Tensor, survivors: Tensor) -> Tensor:
        """`x` with the rows of the surviving inputs replaced."""
        if self.rows is None or not self.training:
            return survivors
        return x.index_copy(0, self.rows.to(x.device), survivors.to(x.dtype))

    def forward(self, branch: Tensor) -> Tensor:
        """The branch's result as it is added, right in expectation."""
        {scaled}'''

_SCALED = {
    "test": "return branch if self.training else self.chance * branch",
    "train": "return branch / self.chance if self.training else branch",
}

_BASE = '''\
class {base}(nn.Module):
    """A net that computes only some of its residual branches in a training step.

    Huang, Sun, Liu, Sedra, Weinberger: Deep Networks with Stochastic Depth,
    arXiv:1603.09382. What survives follows from `survival_seed` and `survival_step` alone,
    so that it is the same on every rank; the step counts by itself.
    """

    survival_seed = 0
    survival_step = 0

    def _units(self) -> list[{union}]:
        return [m for m in self.modules() if isinstance(m, {classes})]

    @property
    def survival(self) -> list[float]:
        """The units' chances, in order; assign others to move them during training."""
        return [unit.chance for unit in self._units()]

    @survival.setter
    def survival(self, chances: list[float]) -> None:
        for unit, chance in zip(self._units(), chances, strict=True):
            unit.chance = chance

    @property
    def active_units(self) -> list[int]:
        """The units, counted from 0, that the last training step computed."""
        return [i for i, unit in enumerate(self._units()) if {drawn}]

    def draw_units(self, batch: int) -> None:
        """Decide for one training step which units are computed."""
        generator = torch.Generator()
        generator.manual_seed(self.survival_seed * 1_000_003 + self.survival_step)
        for unit in self._units():
            unit.draw(generator, batch)
        self.survival_step += 1'''


def survival_class(per: str, rescale: str, name: str) -> list[str]:
    """The module of one unit's chance."""
    text = _BATCH if per == "batch" else _SAMPLE
    return text.format(name=name, scaled=_SCALED[rescale]).split("\n")


def base_class(kinds: dict[str, str], base: str) -> list[str]:
    """The base of the model's class; `kinds` names the classes of chances by their targets."""
    names = list(kinds.values())
    per = {target.split(".")[1] for target in kinds}
    drawn = {
        frozenset({"batch"}): "unit.drawn",
        frozenset({"sample"}): "unit.rows is None or len(unit.rows)",
    }.get(frozenset(per), "unit.active")
    classes = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return _BASE.format(base=base, union=" | ".join(names), classes=classes, drawn=drawn).split("\n")
