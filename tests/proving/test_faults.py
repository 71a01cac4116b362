"""Planted faults in a certificate: accepted must mean numerically equal, refused must mean different."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.checks.verify import Verifier
from derive.errors import DeriveError
from derive.expressions.equation import Equation
from derive.numerics.sample import samples
from derive.proving import checker
from derive.proving.certificate import STEPS, general, statement, text_of
from derive.proving.judged import checker as checker_text
from derive.proving.judged import judged
from derive.typesetting.printing import Printer
from tests.faults.seed import seed as chosen
from tests.mutants import mutants

sys.setrecursionlimit(10000)


class Judge(checker.Verdicts):
    """Judges one statement of a certificate, with the others as they are."""

    def __init__(self, name: str) -> None:
        self.cell = load(name)
        self.derivation = Derivation(self.cell, STEPS)
        derived = tuple(self.derivation.equations())
        self.equations = list(general(derived))
        self.whole = json.loads(text_of(self.cell, derived))
        self.verifier = Verifier(self.derivation, samples(self.cell, STEPS, 0))
        self.printer = Printer(dialect="plain")

    def verdict(self, made: dict[str, Any]) -> str:
        """Return what the checker says of one statement in place of the one of its id."""
        rows = [made if one["id"] == made["id"] else one for one in self.whole["statements"]]
        self.certificate = {**self.whole, "statements": rows}
        self.refused, self.unruled, self.rests = {}, {}, {}
        try:
            judge_one: Any = self.judge
            judge_one([made], tuple(sorted(made["assumes"])))
        except (checker.Refused, checker.NoRule):
            return "unusable"
        id_ = made["id"]
        return "refused" if id_ in self.refused else "no rule" if id_ in self.unruled else "proved"

    def holds(self, equation: Equation) -> bool | None:
        """Tell whether an equation holds on random numbers; None if its shapes cannot be evaluated."""
        try:
            # Whether the reasons beside its lines are the right ones is not what is asked.
            return self.verifier.check(replace(equation, reasons=())).passed
        except (DeriveError, ValueError, TypeError, IndexError):
            return None

    def faults(self) -> Iterator[tuple[str, Equation, dict[str, Any]]]:
        """Yield each slip in each side of each statement that changes what is printed."""
        for equation in self.equations:
            text = statement(self.printer, equation)["text"]
            for n, side in enumerate(equation.sides):
                for what, changed in mutants(side):
                    sides = (*equation.sides[:n], changed, *equation.sides[n + 1 :])
                    fault = replace(equation, sides=sides)
                    try:
                        made = statement(self.printer, fault)
                    except (DeriveError, ValueError, TypeError, AttributeError, IndexError):
                        continue
                    if made["text"] != text:
                        yield f"{equation.id}, side {n + 1}: {what}", fault, made


@cache
def judge(name: str) -> Judge:
    return Judge(name)


def wrong(name: str, share: int, seed: int) -> tuple[int, list[str]]:
    """Return how many faults were planted, one in so many, and those that were judged wrongly."""
    one, rng, count = judge(name), random.Random(seed), 0
    found = []
    for what, fault, made in one.faults():
        if rng.randrange(share):
            continue
        count += 1
        said = one.verdict(made)
        # A number may stand behind a column, as it is printed; the tree that was changed says otherwise.
        scales = "swap" in what and one.holds(fault) is None
        if said == "proved" and not scales and not one.holds(fault):
            found.append(f"accepted: {what}: {made['text']}")
        # Where a step is 0 on all the data, formulas differ that are equal there.
        # A product of diagonal Jacobians is its own transpose, which the checker does not know.
        unknown = "step(" in made["text"] or (name == "diagonal" and "transpose Π" in what)
        if said == "refused" and not unknown and one.holds(fault):
            found.append(f"refused, and holds: {what}: {made['text']}")
    return count, found


@pytest.mark.parametrize("name", ["elman", "jordan", "diagonal", "deltanet"])
def test_accepted_means_equal_and_refused_means_different(name: str) -> None:
    seed = int.from_bytes(chosen().encode()[:8], "big")
    count, found = wrong(name, 40, seed)
    assert count > 10
    assert found == []


@pytest.mark.deferred
@pytest.mark.parametrize("name", names())
def test_every_fault_of_every_cell(name: str) -> None:
    count, found = wrong(name, 1, 0)
    assert count > 500
    assert found == []


@pytest.mark.parametrize("name", ["elman", "gru", "mlstm"])
def test_a_cell_is_proved(name: str) -> None:
    cell = load(name)
    verdict = judged(text_of(cell, Derivation(cell, STEPS).equations()))
    assert verdict.refused == verdict.unruled == ()
    assert verdict.proved == verdict.total == len(list(general(Derivation(load(name), STEPS))))


def planted(id_: str, old: str, new: str, name: str = "elman") -> str:
    """Return the verdict on a statement in whose text something is replaced."""
    one = judge(name)
    made = dict(next(row for row in one.whole["statements"] if row["id"] == id_))
    assert one.verdict(made) == "proved"
    assert old in made["text"]
    made["text"] = made["text"].replace(old, new, 1)
    return one.verdict(made)


def test_each_side_of_a_chain_is_checked() -> None:
    assert (
        planted("elman-loss-state", "(∂L_t/∂z_t) (∂z_t/∂s_t)", "(∂L_t/∂z_t)ᵀ (∂z_t/∂s_t)")
        != "proved"
    )
    assert (
        planted("elman-loss-state", "= (∂L_t/∂o_t) (∂o_t/∂s_t)", "= -(∂L_t/∂o_t) (∂o_t/∂s_t)")
        == "refused"
    )


def test_the_indices_of_names_are_compared() -> None:
    id_ = "elman-grad-W-sum"
    assert planted(id_, "(∂⁺s_k/∂W)", "(∂s_k/∂W)") == "refused"
    assert planted(id_, "(∂L_t/∂o_t)", "(∂L_k/∂o_k)") == "refused"


def test_a_factor_of_another_step_in_a_product_is_refused() -> None:
    assert planted("elman-delta-lag", "J_j)", "J_{j+1})") == "refused"
    assert planted("elman-delta-lag", "J_j)", "J_{j-1})") == "refused"


def test_a_name_of_another_step_between_two_sides_is_refused() -> None:
    assert planted("elman-delta-recursion", "= δ_t =", "= δ_{t+1} =") == "refused"


def test_bounds_are_checked() -> None:
    assert planted("elman-grad-W", "t=1..T", "t=2..T") == "refused"
    assert planted("elman-grad-W-substituted", "k=1..t", "k=0..t") == "refused"
    assert planted("elman-delta-lag", "j=k+1..t", "j=k..t") == "refused"


def test_a_letter_that_is_not_proved_carries_nothing() -> None:
    one = judge("elman")
    made = json.loads(json.dumps(one.whole))
    row = next(row for row in made["statements"] if row["id"] == "elman-delta-recursion")
    row["text"] = row["text"].replace("Wᵀ", "W", 1)
    verdict = judged(json.dumps(made))
    assert [id_ for id_, _ in verdict.refused] == ["elman-delta-recursion"]
    assert "elman-grad-W" in {id_ for id_, _ in verdict.unruled}


def test_an_adjoint_without_its_end_is_not_read() -> None:
    made = json.loads(json.dumps(judge("elman").whole))
    made["statements"] = [row for row in made["statements"] if row["id"] != "elman-delta-end"]
    verdict = judged(json.dumps(made))
    why = "δ_{@} is read at step T + 1, and no statement says what it is there"
    assert ("elman-delta-recursion", why) in verdict.unruled


def test_the_checker_imports_nothing_but_the_standard_library() -> None:
    imported = re.findall(r"^(?:import|from) (\w+)", checker_text(), re.MULTILINE)
    assert {*imported} <= sys.stdlib_module_names


def test_what_cannot_be_followed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prove", "elman", "--out", str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out.startswith("52 of 52 statements proved")
    # The same again is its own file; another file is not replaced.
    assert main(["prove", "elman", "--out", str(tmp_path / "a.json")]) == 0
    (tmp_path / "b.json").write_text("{}", encoding="utf-8")
    assert main(["prove", "elman", "--out", str(tmp_path / "b.json")]) == 2
    assert (tmp_path / "b.json").read_text(encoding="utf-8") == "{}"
