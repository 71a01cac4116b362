"""What an audit tells: signs, networks, what is rounding, and what T is, each refused if wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.audit import Claim, Judgement, judge, shipped
from derive.audit.claims import user_claims
from derive.audit.judge import Verdict
from derive.chapters import audit as chapter
from derive.chapters import audited, signs
from derive.chapters.audit import audit
from derive.chapters.report import Report
from derive.document.blocks import Block, Bullets, Display, Prose, TableBlock
from derive.document.text import Number, Text
from derive.errors import CheckError
from derive.expressions.equation import Kind

CLAIMS = {claim.id: claim for file in shipped() for claim in file.claims}


FOUND: dict[str, Judgement] = {}


def judged_once(claim: Claim, seed: int) -> Judgement:
    """Return the verdict on a claim, which is the same whatever is told of it."""
    if claim.id not in FOUND:
        FOUND[claim.id] = judge(claim, seed)
    return FOUND[claim.id]


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    return [*audit(Report(0), 0)]


def test_what_overflows_is_not_shown_as_refuted(blocks: list[Block]) -> None:
    found = judge(CLAIMS["log-softmax"])
    assert found.verdict is Verdict.OVERFLOW
    assert not found.written.trial.holds
    kinds = {
        b.equation.kind for b in blocks
        if isinstance(b, Display) and b.equation.id.startswith("claim-log-softmax")
    }  # fmt: skip
    assert kinds == {Kind.IDENTITY}


def test_the_number_of_a_claim_is_that_of_its_worst_reading(blocks: list[Block]) -> None:
    (table,) = [b for b in blocks if isinstance(b, TableBlock)]
    found = judge(CLAIMS["candidate"])
    number = table.rows[0][3]
    assert isinstance(number, Number)
    assert number.value == max(one.trial.error for one in found.readings.values())
    assert number.value > found.written.trial.error


def test_what_is_subtracted_is_printed_as_it_is_written() -> None:
    from derive.typesetting.printing import plain

    shown = plain(judge(CLAIMS["swapped-gate"]).readings["opposite"].equation)
    assert "1 - (1 - u_2)" in shown


def _changed(name: str, change: Callable[[Any], Any]) -> Callable[[pytest.MonkeyPatch], None]:
    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        right = getattr(audited, name)
        monkeypatch.setattr(audited, name, lambda *args: change(right(*args)))

    return plant


def _without(sign: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: monkeypatch.setitem(signs.SIGNS, sign, lambda node: False)


def _with(sign: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: monkeypatch.setitem(signs.SIGNS, sign, lambda node: True)


def _as_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judgement, "shown", property(lambda self: self.written))


def _first_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judgement, "largest", property(lambda self: self.written.trial.error))


def _prose(key: str, instead: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Say another sentence than the one that is meant."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (chapter, audited):
            monkeypatch.setattr(
                module, "Prose", lambda k, v=None: Prose(instead if k == key else k, v or {})
            )

    return plant


def _no_horizon(monkeypatch: pytest.MonkeyPatch) -> None:
    right = audited.run

    def told(*args: Any) -> list[Any]:
        return [b for b in right(*args) if getattr(b, "key", "") != "prose.audit.horizon"]

    monkeypatch.setattr(chapter, "run", told)


@pytest.mark.parametrize(
    ("plant", "refusal"),
    [
        (_without("prose.signs.quotient"), r"does not say 'prose\.signs\.quotient'"),
        (_without("prose.signs.radius"), r"does not say 'prose\.signs\.radius'"),
        (_without("prose.signs.ones"), r"does not say 'prose\.signs\.ones'"),
        (_without("prose.signs.direct"), r"does not say 'prose\.signs\.direct'"),
        (_without("prose.signs.identity"), r"does not say 'prose\.signs\.identity'"),
        (_with("prose.signs.bracket"), r"says 'prose\.signs\.bracket'"),
        (_changed("_is_linear", lambda found: False), "a name of its own"),
        (_changed("_is_linear", lambda found: True), "not linear in those"),
        (_as_refuted, "the formulas of claims"),
        (_first_reading, "the size in row 1"),
        (_no_horizon, "of how many claims it is told what T is"),
        (_prose("prose.audit.shape", "prose.audit.shape_sides"), "what is wrong in through-W"),
        (_prose("prose.audit.better", "prose.audit.correct"), "what its correction is"),
        (_prose("prose.audit.correct_here", "prose.audit.correct"), "what its correction is"),
        (_prose("prose.audit.texts_some", "prose.audit.texts"), "whether each claim has a text"),
        (_prose("prose.audit.overflow", "prose.audit.conditional"), "the verdict on log-softmax"),
    ],
)
def test_what_is_told_wrongly_is_refused(
    plant: Callable[[pytest.MonkeyPatch], None], refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter, "judge", judged_once)
    plant(monkeypatch)
    with pytest.raises(CheckError, match=refusal):
        list(audit(Report(0), 0))


def test_all_signs_are_introduced_in_one_list(blocks: list[Block]) -> None:
    keys = [i.key for b in blocks if isinstance(b, Bullets) for i in b.items if isinstance(i, Text)]
    found = [key for key in keys if key.startswith(("prose.signs", "prose.conventions"))]
    assert len(found) == len({*found}) >= 12


SIZED = """
inputs = {{ x = "d" }}
states = {{ h = {n} }}
equations = '''
h[t] = tanh(W*h[t-1] + U*x[t])
z[t] = V*h[t]
'''
[parameters]
W = "{m} {m}"
U = "{m} d"
V = "m {m}"
"""

TWICE = """
source = "notes"
[[claim]]
id = "{id}"
cell = "{id}.toml"
written = "grad(L[3], V) = (o[3] - y[3])*h[3]'"
"""


def test_a_parameter_with_a_number_is_no_quantity_of_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = SIZED.format(n='"n"', m="n").replace("W*h", "W_1*h").replace("W =", "W_1 =")
    (tmp_path / "any.toml").write_text(text, encoding="utf-8")
    claim = TWICE.format(id="any").replace("grad(L[3], V) = (o[3] - y[3])*h[3]'",
        "d(h[1])/d(W_1) = d+(h[1])/d(W_1)")  # fmt: skip
    (tmp_path / "notes.toml").write_text(claim, encoding="utf-8")
    found = [*audit(Report(0), 0, (user_claims(tmp_path / "notes.toml"),))]
    keys = [i.key for b in found if isinstance(b, Bullets) for i in b.items if isinstance(i, Text)]
    assert "prose.conventions.immediate" in keys
    assert "prose.signs.direct" not in keys


def test_networks_of_one_formula_and_other_sizes_are_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "any.toml").write_text(SIZED.format(n='"n"', m="n"), encoding="utf-8")
    (tmp_path / "three.toml").write_text(SIZED.format(n=3, m=3), encoding="utf-8")
    more = TWICE.format(id="three").replace('source = "notes"', "")
    (tmp_path / "notes.toml").write_text(TWICE.format(id="any") + more, encoding="utf-8")
    found = [*audit(Report(0), 0, (user_claims(tmp_path / "notes.toml"),))]
    numbers = [b.values["number"] for b in found
               if isinstance(b, Prose) and b.key == "prose.audit.network"]  # fmt: skip
    assert numbers == [1, 2]
