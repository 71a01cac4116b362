"""What a derivation introduces is known by role and referents: no spelling makes two things one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Expr

from derive.__main__ import main
from derive.bptt.derivation import Derivation, derive
from derive.bptt.scalar import scalar
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.codegen import module, own_check
from derive.errors import CheckError
from derive.expressions.definition import Definition
from derive.expressions.introduced import Introduced, Role, Roster
from derive.expressions.quantities import Parameter, Series, k, t
from derive.gradcheck.results import Results
from derive.gradcheck.values import values
from derive.numerics.sample import samples
from derive.typesetting.lettering import Letter, letter_of
from derive.typesetting.printing import Printer

INNER = (
    "D J E G delta xi xibar Dhat Jhat Ghat deltahat xihat deltatilde Dhathat dbar ebar sbar "
    "D_i delta_i delta_t D_1 J_k xi_2 J_h deltahat_t a_D a_delta gamma residual"
).split()
"""What is introduced has these letters, or would where the user has taken one."""

CELL = """
inputs = {{ x = "d" }}
states = {{ {p} = "n", {q} = "n" }}
equations = \"\"\"
{g}[t] = tanh({W}*{p}[t-1] + {U}*x[t] + {b})
{p}[t] = {g}[t] .* {q}[t-1] + {p}[t-1]
{e}[t] = sigmoid({Q}*{p}[t])
{q}[t] = {e}[t] .* {p}[t]
z[t] = {V}*{q}[t]
\"\"\"
[parameters]
{W} = "n n"
{Q} = "n n"
{U} = "n d"
{b} = "n"
{V} = "m n"
"""
ONE_STATE = """
inputs = {{ x = "d" }}
states = {{ {p} = "n" }}
equations = \"\"\"
{g}[t] = tanh({W}*{p}[t-1] + {U}*x[t] + {b})
{p}[t] = {g}[t] + 0.5*{p}[t-1]
z[t] = {V}*{p}[t]
\"\"\"
[parameters]
{W} = "n n"
{U} = "n d"
{b} = "n"
{V} = "m n"
"""
SLOTS = "p q g e W Q U b V".split()
"""What is named; a cell of one state leaves some of them out."""


def written(text: str, names: list[str], folder: str | Path) -> Path:
    path = Path(folder) / "mine.toml"
    path.write_text(text.format(**dict(zip(SLOTS, names, strict=True))), encoding="utf-8")
    return path


def require_all(path: Path) -> None:
    """Check every equation, the code, the results, and that no two letters are one."""
    cell = load(str(path))
    derivation = derive(cell, 2)
    verifier = Verifier(derivation, samples(cell, 2, 0))
    equations = list(derivation.equations())
    assert len({e.id for e in equations}) == len(equations)
    for equation in equations:
        verifier.require(equation)
    assert own_check(module(cell)) < 1e-9
    rng = np.random.default_rng(0)
    sizes = {str(size): n for n, size in enumerate(cell.dimensions, 2)}
    own: dict[str, Any] = {
        "params": {
            p.name: rng.normal(size=[sizes[str(s)] for s in p.shape if s != 1]).tolist()
            for p in cell.parameters
        },
        "x": rng.normal(size=(2, sizes["d"])).tolist(),
        "target": np.eye(sizes["m"])[:2].tolist(),
    }
    numbers = path.with_suffix(".json")
    numbers.write_text(json.dumps(own), encoding="utf-8")
    results = Results(values(numbers, str(path), {}))
    assert set(results["dL"]) >= {p.name for p in cell.parameters}
    require_letters_that_differ(derivation)


def require_equations(name: str) -> None:
    cell = load(name)
    derivation = derive(cell, 2)
    verifier = Verifier(derivation, samples(cell, 2, 0))
    for equation in derivation.equations():
        verifier.require(equation)


def require_letters_that_differ(derivation: Derivation) -> None:
    cell = derivation.cell
    own = {*cell.given, *cell.states, *(e.variable for e in cell.equations)}
    for dialect in ("bare", "plain"):
        printer = Printer(dialect=dialect)
        printed = {printer.text(p) for p in cell.parameters}
        printed |= {printer.text(s[at]) for s in own for at in (t, 1, 2)}
        count = len(cell.parameters) + 3 * len(own)
        for n in derivation.definitions:
            # δ_{2,1} beside δ_2: the indices belong to the letter.
            for at in (t, 1, 2) if len(n.indices) == 1 else ((t, k), (2, 1)):
                printed.add(printer.text(n.series[at]))
                count += 1
        assert len(printed) == count


CASES = st.lists(st.sampled_from(INNER), min_size=9, max_size=9, unique=True).filter(
    # D_1 beside D is refused: the user's own two would print alike.
    lambda names: not any("_" in name and name.partition("_")[0] in names for name in names)
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(CASES, st.sampled_from([CELL, ONE_STATE]))
def test_a_cell_whose_names_imitate_ours_works(names: list[str], text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        require_all(written(text, names, folder))


@pytest.mark.parametrize("text", [CELL, ONE_STATE])
def test_every_letter_of_ours_taken_at_once(text: str, tmp_path: Path) -> None:
    require_all(written(text, "D J delta G E xi xibar Dhat Jhat".split(), tmp_path))
    names = "D Dbar delta J_h E xi deltahat G Gtilde".split()
    require_all(written(text, names, tmp_path))


def test_equal_where_role_and_referents_are() -> None:
    a, b, roster = Series("a", 2, 1), Series("b", 2, 1), Roster(frozenset())
    one = Definition(roster.introduce(Role.ADJOINT, a), (t,), a[t])
    other = Definition(Roster(frozenset()).introduce(Role.ADJOINT, a), (), b[t], backward=True)
    assert one == other
    assert hash(one) == hash(other)
    assert one.series == other.series
    for different in ((Role.LAGGED_ADJOINT, a), (Role.ADJOINT, b)):
        assert one.series != roster.introduce(*different)
        assert one != Definition(roster.introduce(*different), (t,), a[t])


def test_spelling_makes_nothing_equal() -> None:
    a = Series("a", 2, 1)
    delta, slope = Introduced(Role.ADJOINT, a), Introduced(Role.SLOPE, a, a)
    assert letter_of(delta).name == "delta"
    assert delta != Series("delta", 2, 1)
    assert slope != Series("D", 2, 2)
    assert slope != Introduced(Role.SLOPE, Series("a", 3, 1), a)
    assert len({delta, Series("delta", 2, 1), Parameter("delta", 2, 1)}) == 3
    with pytest.raises(AttributeError, match="has no name"):
        str(delta.name)


def test_it_is_rebuilt_from_its_args() -> None:
    for named in derive(load("lstm"), 2).definitions:
        assert named.series.func(*named.series.args) == named.series
        assert named.series.shape == named.expr.shape


def test_equality_by_the_letter_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    # The adjoints δ_t and δ_{t,k} have one letter.
    def alike(self: Expr, other: object) -> bool:
        return isinstance(other, Introduced) and letter_of(self) == letter_of(other)

    require_equations("elman")
    monkeypatch.setattr(Introduced, "__eq__", alike)
    monkeypatch.setattr(Introduced, "__hash__", lambda self: hash(letter_of(self)))
    with pytest.raises((CheckError, ValueError)):
        require_equations("elman")


def test_a_letter_that_does_not_heed_the_users_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(CELL, "D J delta G E xi xibar Dhat Jhat".split(), tmp_path)
    require_letters_that_differ(derive(load(str(path)), 2))
    monkeypatch.setattr("derive.typesetting.lettering._Lettering._is_free", lambda *_: True)
    with pytest.raises(AssertionError):
        require_letters_that_differ(derive(load(str(path)), 2))


def test_one_printer_for_two_cells_keeps_their_letters_apart() -> None:
    s = Series("s", 2, 1)
    free, taken = Roster(frozenset()), Roster(frozenset({"J"}))
    first, second = (r.introduce(Role.STEP_JACOBIAN, s)[t] for r in (free, taken))
    printer = Printer(dialect="plain")
    assert first == second
    assert [printer.text(first), printer.text(second), printer.text(first)] == [
        "J_t",
        "J\u0302_t",
        "J_t",
    ]


def test_two_blocks_whose_states_run_together_are_told_apart() -> None:
    ab, c, a, bc = (Series(name, 2, 1) for name in ("ab", "c", "a", "bc"))
    roster = Roster(frozenset())
    made = [roster.introduce(Role.BLOCK, *pair)[t] for pair in ((ab, c), (a, bc))]
    printer = Printer(dialect="plain")
    assert [printer.text(one) for one in made] == ["J_t^(abc)", "J_t^(a,bc)"]


def test_a_command_ends_before_a_letter() -> None:
    alpha, b = Series("alpha", 2, 1), Series("b", 2, 1)
    block = Introduced(Role.BLOCK, alpha, b)
    assert letter_of(block) == Letter("J", ("alpha", "b"))
    assert Printer().text(block[t]) == r"J_{t}^{(\alpha b)}"


def test_capitals_and_small_letters_stay_apart_in_the_scalar_case(tmp_path: Path) -> None:
    names = "s r g e W q Q q_in V".split()
    made = scalar(load(str(written(CELL, names, tmp_path))))
    assert len({p.name for p in made.parameters}) == len(made.parameters)


def test_no_small_letter_is_a_step_or_a_size_in_the_scalar_case(tmp_path: Path) -> None:
    names = "s r g e J K M b V".split()
    made = scalar(load(str(written(CELL, names, tmp_path))))
    assert [p.name for p in made.parameters] == ["J", "K", "M", "b", "v"]


def test_its_handout_is_written(tmp_path: Path) -> None:
    path = written(CELL, "D delta G E J Dbar U xi V".split(), tmp_path)
    assert main(["handout", str(path), "-T", "2", "--format", "md", "--out", str(tmp_path)]) == 0
    said = (tmp_path / "mine-T2.md").read_text(encoding="utf-8")
    for letter in ("D", "G", "J", r"\delta", r"\xi"):
        assert rf"\hat{{{letter}}}" in said
