"""`resdsl rewrite`: texts, checkpoints, the proof, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.cli import main
from resdsl.passes import PASSES

NET = """\
# A net to try rewrites with.
model tiny {
  input 3x8x8
  conv(3, 4) -> bn -> relu
  conv(1, 6) -> avgpool(2) -> relu
  avgpool -> flatten -> fc: linear(2)
}
"""
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def resdsl_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `resdsl rewrite net.res` with more words: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(NET, encoding="utf-8")

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["rewrite", "net.res", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_text_is_the_product(resdsl_: Said) -> None:
    code, out, err = resdsl_("--pass", "fold_batchnorm,pool_first", "--verify")
    assert code == 0
    assert out.startswith("# A net to try rewrites with.\n\nmodel tiny {")
    assert "  conv(3, 4, bias=true) -> relu -> avgpool(2)\n  conv(1, 6) -> relu -> avgpool" in out
    lines = err.splitlines()
    assert lines[:4] == [
        "fold_batchnorm: 1 change",
        "  bn1: folded into conv1",
        "pool_first: 1 change, 1 refused",
        "  avgpool1: moved before conv2",
    ]
    assert lines[-2].startswith("verified with random weights and inputs: relative difference ")
    assert lines[-1].startswith("tiny: parameters ")


def test_weights_go_along(resdsl_: Said) -> None:
    before = resdsl.load("net.res")
    module = before.module().eval()
    torch.save(module.state_dict(), "net.pt")
    code, out, _ = resdsl_(
        "--pass",
        "fold_batchnorm",
        "--weights",
        "net.pt",
        "--weights-output",
        "new.safetensors",
        "-o",
        "new.res",
        "--verify",
    )
    assert (code, out) == (0, "")
    after = resdsl.load("new.res").module().eval()
    resdsl.transplant("new.safetensors", after)
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(after(x), module(x))


def test_a_pass_that_applies_nowhere_says_why(resdsl_: Said) -> None:
    code, out, err = resdsl_("--pass", "fold_batchnorm", "--pass", "merge_parallel", "-o", "new.res")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "resdsl: merge_parallel applies nowhere, and nothing is written"
    code, _, err = resdsl_("--pass", "fold_forward,fold_survival")
    assert code == 1
    assert "  not bn1: what follows it is relu, not a convolution or linear layer" in err
    assert err.splitlines()[-1] == "resdsl: fold_forward, fold_survival apply nowhere, and nothing is written"
    assert not Path("new.res").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pass", "pool_frist"), "there is no pass 'pool_frist'; did you mean pool_first?"),
        (("--pass", "x"), "there is no pass 'x'; there are drop_identities, "),
        (("--pass", ","), "--pass names no pass"),
        (("--pass", "pool_first", "-o", "net.res"), "net.res exists already"),
        (("--pass", "pool_first", "-o", "net.py"), "the name of a spec ends in .res"),
        (("--pass", "pool_first", "-o", "no/net.res"), "there is no folder no"),
        (("--pass", "pool_first", "--weights-output", "a.pt"), "and there are none"),
        (("--pass", "pool_first", "--weights", "a.pt"), "there is neither"),
        (("--pass", "pool_first", "--weights", "a.pt", "--verify"), "there is no file a.pt"),
        (("--pass", "pool_first", "--weights", "a.pt", "--weights-output", "b.res"), "has the name of a spec"),
    ],
)
def test_calls_that_cannot_be(resdsl_: Said, words: tuple[str, ...], said: str) -> None:
    code, out, err = resdsl_(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert Path("net.res").read_text(encoding="utf-8") == NET


def test_weights_that_do_not_fit(resdsl_: Said) -> None:
    torch.save({"fc.weight": torch.zeros(2, 3)}, "other.pt")
    code, out, err = resdsl_("--pass", "pool_first", "--weights", "other.pt", "--weights-output", "new.pt")
    assert (code, out) == (1, "")
    assert "other.pt" in err
    assert not Path("new.pt").exists()
    state = resdsl.load("net.res").module().state_dict()
    torch.save({**state, "fc.bias": torch.full((2,), torch.nan)}, "net.pt")
    code, out, err = resdsl_("--pass", "pool_first", "--weights", "net.pt", "--verify")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "resdsl: net.pt: fc.bias has values that are infinite or no numbers"
    torch.save(state, "net.pt")
    code, out, err = resdsl_("--pass", "pool_first", "--weights", "net.pt", "--weights-output", "new.txt")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].endswith("not .txt")


def test_long_lists_are_cut(resdsl_: Said) -> None:
    Path("net.res").write_text("model long { input 3x8x8\n 6 x { conv(1, 4) -> bn -> bn -> relu -> bn } }")
    _, _, short = resdsl_("--pass", "fold_batchnorm")
    _, _, long = resdsl_("--pass", "fold_batchnorm", "-v")
    assert "  ... and 9 more (-v lists all)" in short.splitlines()
    assert "  not bn3 and 5 more: it normalises the result of relu, which has no weights to take it" in short
    assert long.count("folded into") == 12
    assert long.count("it normalises the result of relu") == 6


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rewrite", "--list"])
    assert end.value.code == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == list(PASSES)
