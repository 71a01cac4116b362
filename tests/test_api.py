"""The five lines of a program or notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy

import derive


def test_five_lines() -> None:
    d = derive.derivation("elman", steps=3)
    e = d["elman-grad-W-terms-3"]
    assert isinstance(e.right, sympy.MatrixExpr)
    assert isinstance(e.right, sympy.Basic)
    assert derive.latex(e).count(r"\partial^{+}") == 3
    assert derive.check(d, e).passed
    assert derive.check(d, "elman-grad-W-terms-3") == derive.check(d, e)


def test_a_wrong_equation_does_not_pass() -> None:
    from dataclasses import replace

    d = derive.derivation("elman", steps=2)
    e = d["elman-grad-V"]
    wrong = replace(e, sides=(e.left, 2 * e.right))
    assert not derive.check(d, wrong).passed


def test_all_checks_in_order() -> None:
    d = derive.derivation("elman", steps=1, activation="relu", bias=True)
    checks = derive.check_all(d, seed=7)
    assert [check.id for check in checks] == [equation.id for equation in d]
    assert all(check.passed for check in checks)


def test_sympy_prints_the_expressions_too() -> None:
    e = derive.derivation("elman", steps=2)["elman-forward-a"]
    assert sympy.latex(e.right) == derive.latex(e.right)
    assert "s_{t-1}" in derive.latex(e.right)


def test_text_in_other_notations() -> None:
    e = derive.derivation()["elman-forward-s"]
    assert derive.plain(e) == str(e) == "s_t = tanh(a_t)"
    assert derive.plain(e, notation="goodfellow") != derive.plain(e)
    assert derive.markdown(e) == "$$\ns_{t} = \\tanh(a_{t})\n$$"


def test_a_built_cell_takes_no_options() -> None:
    from derive.catalogue import load

    cell = load("elman")
    assert derive.derivation(cell, 2).cell is cell
    with pytest.raises(TypeError, match="options belong to a cell's name"):
        derive.derivation(cell, 2, bias=True)


def test_what_does_not_exist() -> None:
    with pytest.raises(derive.DeriveError, match="unknown cell"):
        derive.derivation("elmo")
    with pytest.raises(derive.DeriveError, match="did you mean elman-grad-W"):
        derive.derivation()["elman-gard-W"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = derive.nothing  # type: ignore[attr-defined]


def test_names_are_listed_and_lazy() -> None:
    assert set(derive.__all__) <= set(dir(derive))
    for name in derive.__all__:
        assert getattr(derive, name) is not None
    code = (
        "import derive, sys; dir(derive); print('sympy' in sys.modules, derive.__version__ != '')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


def test_no_public_name_is_also_a_module() -> None:
    # Importing derive.x sets the attribute x of the package: a function of that name would be lost.
    import pkgutil

    assert not {m.name for m in pkgutil.iter_modules(derive.__path__)} & set(derive.__all__)


def test_notebook_views() -> None:
    d = derive.derivation("elman", steps=3)
    shown = d["elman-forward-s"]._repr_mimebundle_()
    assert shown == {
        "text/plain": "s_t = tanh(a_t)",
        "text/markdown": "$$\ns_{t} = \\tanh(a_{t})\n$$",
        "text/latex": "$$\\displaystyle s_{t} = \\tanh(a_{t})$$",
    }
    assert d["elman-forward-s"]._repr_latex_() == shown["text/latex"]
    whole = d._repr_mimebundle_()
    assert whole["text/plain"].startswith("<derivation of elman, T = 3>\na_t = U x_t")
    assert whole["text/markdown"].count("$$") == 2 * whole["text/plain"].count("\n")
    # Between angle brackets it would be a tag.
    assert whole["text/markdown"].startswith("`<derivation of elman, T = 3>`\n\n$$")


def test_a_check_is_a_row_in_a_notebook() -> None:
    d = derive.derivation("elman", steps=2)
    shown = derive.check(d, "elman-forward-s")._repr_mimebundle_()
    head, _, row = shown["text/markdown"].splitlines()
    assert head.count("|") == row.count("|")
    assert row.startswith("| `elman-forward-s` | definition | forward | 0.0e+00 | 1e-09 |")
    assert row.endswith("| passed |")
    assert shown["text/plain"].splitlines()[1].startswith("elman-forward-s  definition")
