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
from tests import ROOT
from tests.faults.seed import seed as chosen
from tests.mutants import mutants

sys.setrecursionlimit(10000)


CELLS = {path.stem: str(path) for path in sorted(Path(__file__).with_name("cells").glob("*.toml"))}
"""Files of cells, each with what was refused once though it is right."""
LITERATURE = [str(ROOT / "tests" / "catalogue" / "literature" / f"{name}.toml")
              for name in ("hidden_markov", "retnet")]  # fmt: skip
"""Of those, networks of the literature."""


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
        # Nor that relu is 0 where its slope is.
        unknown = unknown or (name == CELLS["normalised"] and "drop D_" in what)
        # Of step 0 there is none, where all are the same.
        unknown = unknown or (name == "diagonal" and "j - 1 for j in J_j" in what)
        # Nor that Σ[k=1..t] is empty for t = 0.
        unknown = unknown or "from 0 in Σ[t=1..T] Σ[k=1..t]" in what
        # Nor that a square has no sign.
        unknown = unknown or ("negate" in what and "^2)" in made["text"])
        if said == "refused" and not unknown and one.holds(fault):
            found.append(f"refused, and holds: {what}: {made['text']}")
    return count, found


@pytest.mark.parametrize("name", ["elman", "jordan", "diagonal", "deltanet"])
def test_accepted_means_equal_and_refused_means_different(name: str) -> None:
    seed = int.from_bytes(chosen().encode()[:8], "big")
    count, found = wrong(name, 40, seed)
    assert count > 10
    # What is 0 is so of another step, too.
    assert [one for one in found if "-first, side 1" not in one] == []


@pytest.mark.deferred
@pytest.mark.parametrize(
    "name", ["lagged", "functions", "numbers", "divided", "normalised", "far", "ones"]
)
def test_what_is_accepted_of_a_file_is_equal(name: str) -> None:
    seed = int.from_bytes(chosen().encode()[:8], "big")
    count, found = wrong(CELLS[name], 40, seed)
    assert count > 10
    # What is 0 is so with another sign as well; its statement says what it assumes.
    assert [one for one in found if "-first, side 1" not in one] == []


@pytest.mark.deferred
@pytest.mark.parametrize("name", names())
def test_every_fault_of_every_cell(name: str) -> None:
    count, found = wrong(name, 1, 0)
    assert count > 500
    assert found == []


@pytest.mark.parametrize("activation", ["silu", "gelu", "elu", "leaky_relu", "bipolar"])
def test_what_an_activation_is_made_of_is_proved(activation: str) -> None:
    cell = load("elman", activation=activation)
    verdict = judged(text_of(cell, Derivation(cell, STEPS).equations()))
    assert verdict.refused == verdict.unruled == ()


@pytest.mark.parametrize("name", ["elman", "gru", "mlstm", *CELLS.values(), *LITERATURE])
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
    why = "δ_{T+1} is read, and no statement says what it is"
    assert ("elman-delta-recursion", why) in verdict.unruled


@pytest.mark.parametrize(
    ("id_", "old", "new"),
    [
        ("lagged-lagged-a_s", "x_{t-2}", "x_{t-1}"),
        ("lagged-lagged-a_s", "s_{t-3}", "s_{t-2}"),
        ("lagged-lagged-v", "x_{t-1}", "x_t"),
        ("lagged-grad-x", "δ_{t+1}^(v)", "δ_t^(v)"),
        ("functions-slope-gelu", "cdf", "pdf"),
        ("functions-slope-silu", "1 - sigmoid", "1 + sigmoid"),
        ("functions-function-swoosh", "2/25", "2/24"),
        ("functions-slope-swoosh", "- 2/25", "+ 2/25"),
        ("functions-slope-bend", "- 2 (((max", "- (((max"),
        ("functions-slope-bend", "step(u_t)", "step(-u_t)"),
        ("functions-step-jacobian", "silu(u_j)", "silu(u_{j-1})"),
        ("numbers-step-jacobian", "[I_{2}; 0_{2×2}]", "[0_{2×2}; I_{2}]"),
        ("numbers-delta-recursion", "[0_{2×2}, I_{2}]", "[I_{2}, 0_{2×2}]"),
        ("numbers-entries-outer-U", "x_k; E_1 h_{k-1}", "E_1 h_{k-1}; x_k"),
        ("stacked-block-p-p", "[I_{3}; 0_{2×3}]", "[0_{2×3}; I_{3}]"),
        ("stacked-delta-p-recursion", "[I_{3}, 0_{3×2}]", "[0_{3×2}, I_{3}]"),
        ("divided-step-jacobian", "diag(s_j ⊘", "diag(s_{j-1} ⊘"),
        ("divided-delta-f-recursion", "s_t ⊘ (1 + f_t ⊘ τ)", "s_t ⊘ (1 + f_t)"),
        ("divided-grad-tau", "(s_t ⊘ τ) ⊘ τ", "s_t ⊘ τ"),
        ("again-diagonal-r", "r_t ⊙ r_t", "r_{t+1} ⊙ r_t"),
        ("again-loss-state", "tanh(h_t)", "tanh(h_{t-1})"),
        ("again-step-jacobian", "tanh(h_{j-1})", "tanh(h_j)"),
        ("functions-function-gelu", "cdf", "pdf"),
        ("mixed-block-s-s", "diag(r_j)", "diag(r_{j-1})"),
        ("far-slope-spike", "sigmoid(-5", "sigmoid(5"),
        ("far-slope-spike", "15", "14"),
        ("far-slope-swish", "sigmoid(-", "sigmoid("),
        ("far-function-swish", "exp(-", "exp("),
        ("normed-function-sd", "10^{-5}", "10^{-4}"),
        ("normed-step-jacobian", "(1/n)", "(1/m)"),
        ("normed-step-jacobian", "1 1ᵀ +", "1 1ᵀ -"),
        ("normed-grad-b-substituted", "g_k g_kᵀ", "g_k"),
    ],
)
def test_a_fault_in_a_file_is_not_proved(id_: str, old: str, new: str) -> None:
    assert planted(id_, old, new, CELLS[id_.partition("-")[0]]) != "proved"


def test_the_ends_that_only_an_input_reads_are_stated() -> None:
    ids = {row["id"] for row in judge(CELLS["lagged"]).whole["statements"]}
    assert "lagged-delta-v-end" in ids
    assert "lagged-xbar_lagtwo-end" in ids


@pytest.mark.parametrize(
    ("id_", "old", "new", "kind"),
    [
        ("elman-forward-z", "V s_t", "s_t V", "refused"),
        ("elman-forward-z", "V s_t", "V (s_t", "no rule"),
        ("elman-forward-s", "tanh(a_t)", "tanh(b_t)", "no rule"),
    ],
)
def test_an_equation_that_is_not_understood_is_named(
    id_: str, old: str, new: str, kind: str
) -> None:
    made = json.loads(json.dumps(judge("elman").whole))
    row = next(row for row in made["statements"] if row["id"] == id_)
    assert row["text"] in made["equations"]
    changed = row["text"].replace(old, new)
    made["equations"] = [changed if e == row["text"] else e for e in made["equations"]]
    row["text"] = changed
    verdict = judged(json.dumps(made))
    assert verdict.proved == 0
    assert id_ in {one for one, _ in (verdict.refused if kind == "refused" else verdict.unruled)}
    rest = {why for one, why in verdict.unruled if one != id_}
    assert rest == {f"it rests on {id_}, which is not proved"}


def test_pieces_of_two_cuts_of_one_column() -> None:
    """[a; b] of 1 and 3 components, of which the first 2 and the last 2 are taken."""
    rules: Any = checker
    rules.Cell.now = None
    for start in range(4):
        for length in range(1, 5 - start):
            one = rules.piece(("1", "3"), 1)
            sizes = (str(start), str(length), str(4 - start - length))
            shown = tuple(size for size in sizes if size != "0")
            other = rules.piece(shown, min(start, 1))
            made = rules.times(rules.transposed(one), other)
            shared = min(4, start + length) - max(1, start)
            assert bool(made.terms) == (shared > 0)
            if shared == length == 3:
                assert made.key() == rules.identity(("3",)).key()


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
