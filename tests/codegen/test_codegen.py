"""Generated code: alone, with NumPy only, it gives what the derivation gives."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.calculus.activations import ACTIVATIONS
from derive.catalogue import load, names
from derive.cells.cell import Cell
from derive.codegen import module, trials
from derive.codegen.columns import CALLED, NUMPY
from derive.codegen.emit import ATOM, Emitter, summands
from derive.codegen.functions import functions, needed
from derive.codegen.trialdata import TrialData, is_defined
from derive.codegen.verified import verified
from derive.errors import DerivationError, SpecError
from derive.expressions.derivatives import Gradient
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass
from derive.typesetting.printed import Printed
from tests import ROOT
from tests.matrix_cells import MATRICES

LITERATURE = ROOT / "tests" / "catalogue" / "literature"

Array = NDArray[Any]
CLOSE = 1e-13
VARIANTS = [
    {"activation": "relu", "bias": True},
    {"activation": "softplus", "output_layer": "mse"},
    {"activation": "sigmoid", "output_layer": "bce", "loss": "last"},
    {"activation": "identity", "loss": "mean"},
    {"loss": "weighted", "initial": "trainable"},
]


@cache
def source(name: str, **options: Any) -> str:
    return module(load(name, **options))


def run(text: str) -> dict[str, Any]:
    """Return the names of a module that has been run."""
    found: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), found)
    return found


def numbers(made: dict[str, Any], steps: int, batch: int, seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    letters = {s for shape in made["PARAMETERS"].values() for s in shape if isinstance(s, str)}
    shapes = [made["DATA"], {n: s for n, s in made["INITIAL"].items() if not isinstance(s, list)}]
    letters |= {s for sizes in shapes for s in sizes.values() if s != 1}
    sizes = {letter: n for n, letter in enumerate(sorted(letters), 2)}

    def draw(*shape: Any) -> Array:
        return rng.normal(size=[made["size_of"](s, sizes) for s in shape]) / 2

    parameters = {name: draw(*shape) for name, shape in made["PARAMETERS"].items()}
    data = {name: draw(steps, batch, size) for name, size in made["DATA"].items()}
    data["y"] = rng.uniform(0.1, 0.9, size=data["y"].shape)
    initial = {
        name: draw(batch, *(size if isinstance(size, list) else [size]))
        for name, size in made["INITIAL"].items()
    }
    return parameters, data, initial


def assert_equals_derivation(name: str, steps: int, **options: Any) -> None:
    cell = load(name, **options).without_assumptions()
    made = run(source(name, **options))
    parameters, data, initial = numbers(made, steps, 3, 7)
    total, grads = made["gradients"](parameters, data, initial)
    d = Derivation(cell, steps)
    summed: dict[str, Any] = {}
    losses = 0.0
    for b in range(3):
        series = {key: array[:, b] for key, array in data.items()}
        starts = {key[:-1]: array[b] for key, array in initial.items()}
        trace = ForwardPass(cell, parameters, series, starts)
        evaluator = Evaluator(trace, d.definitions)
        losses += float(evaluator.at(cell.total)[0, 0])
        for p in cell.parameters:
            found = evaluator.at(d.recursion.accumulated(p).right).reshape(parameters[p.name].shape)
            summed[p.name] = summed.get(p.name, 0.0) + found
        for equation in d.recursion.of_given():
            assert isinstance(equation.left, Gradient)
            series_ = equation.left.den.series
            if series_ in cell.states:
                value = evaluator.at(equation.right)
                value = value if name in MATRICES and series_.shape[1] != 1 else value[:, 0]
                summed.setdefault(f"{series_.name}0", []).append(value)
    assert abs(total - losses) <= CLOSE * abs(losses)
    if cell.initial == "trainable":
        for name_ in initial:
            grads[name_] = grads[name_][None]
            summed[name_] = [sum(summed[name_])]
    for key, wanted in summed.items():
        error = np.abs(np.asarray(wanted) - grads[key]).max()
        assert error <= CLOSE * (np.abs(wanted).max() or 1.0), (name, key, error)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("steps", [1, 4])
def test_code_gives_what_the_derivation_gives(name: str, steps: int) -> None:
    assert_equals_derivation(name, steps)


@pytest.mark.parametrize("options", VARIANTS, ids=lambda o: "-".join(map(str, o.values())))
def test_with_every_option(options: dict[str, Any]) -> None:
    assert_equals_derivation("elman", 3, **options)


def test_other_options_of_other_cells() -> None:
    assert_equals_derivation("jordan", 3, loss="weighted", output_layer="mse")
    assert_equals_derivation("lstm", 3, initial="trainable", loss="last")


@pytest.mark.parametrize("name", names())
def test_the_check_of_a_module_passes(name: str) -> None:
    assert run(source(name))["check"]() < 1e-12


@pytest.mark.parametrize("name", names())
def test_a_module_that_is_wrong_exits_with_a_failure(name: str) -> None:
    text = source(name)
    code = compile(text, "<generated>", "exec")
    exec(code, {"__name__": "__main__"})
    # A millionth too large, in the first gradient that is a product over all steps.
    wrong = text.replace(" = outer(", " = 1.000001 * outer(", 1)
    assert wrong != text
    with pytest.raises(SystemExit, match="the gradients are wrong: more than 1e-09"):
        exec(compile(wrong, "<generated>", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("name", ["elman", "lstm", "gru"])
def test_the_check_of_a_module_notices_a_wrong_line(name: str) -> None:
    text = source(name)
    lines = [n for n, row in enumerate(text.split("\n")) if "grads[" in row and "outer(" in row]
    rows = text.split("\n")
    for n in lines[:4]:
        wrong = [*rows]
        wrong[n] = (
            wrong[n].replace("1:T + 1", "0:T")
            if "0:T" not in wrong[n]
            else wrong[n].replace("0:T", "1:T + 1")
        )
        assert run("\n".join(wrong))["check"]() > 1e-3


def test_a_module_needs_numpy_only(tmp_path: Path) -> None:
    path = tmp_path / "lstm.py"
    assert main(["code", "lstm", "--out", str(path)]) == 0
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
    # Isolated, in another folder: neither this package nor the checkout is on the path.
    code = f"""
import sys, runpy
from pathlib import Path
import numpy
site = str(Path(numpy.__file__).parents[1])
class Only:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("derive", "sympy", "jinja2", "torch", "scipy"):
            raise ImportError(f"the module imports {{name}}")
sys.meta_path.insert(0, Only())
runpy.run_path({str(path)!r}, run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.startswith("largest relative error of the gradients: ")
    assert float(done.stdout.split(": ")[1]) < 1e-12


def test_shorter_sequences_and_smaller_parameters_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grows = ROOT / "tests" / "catalogue" / "literature" / "cubic_map.toml"
    assert main(["code", str(grows), "--out", str(tmp_path / "grows.py")]) == 0
    said = capsys.readouterr().err
    assert re.search(
        r"over (4|6|8) steps \(of other networks 12\), and over 260 with parameters", said
    )
    assert main(["code", "elman", "--out", str(tmp_path / "plain.py")]) == 0
    assert capsys.readouterr().err == ""


def test_code_can_go_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["code", "elman", "--activation", "relu"]) == 0
    assert run(capsys.readouterr().out)["check"]() < 1e-12


def test_the_same_bytes_every_time() -> None:
    assert module(load("gru")) == module(load("gru"))


@pytest.mark.parametrize("name", names())
def test_modules_can_be_read(name: str) -> None:
    text = source(name)
    assert max(map(len, text.split("\n"))) <= 101
    assert '"""' in text
    assert "<<" not in text
    assert "<%" not in text
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef):
            assert ast.get_docstring(function), function.name
    # Every statement of the loops says which formula it is.
    for row, after in zip(text.split("\n"), text.split("\n")[1:], strict=False):
        if after.startswith("        ") and "[t] = " in after:
            assert row.strip().startswith("#") or row.strip().startswith(("+", "-")), after


def test_only_what_is_called_is_contained() -> None:
    assert "def sigmoid" not in source("elman")
    assert "def sigmoid(" in source("lstm")
    assert [s.split("(")[0] for s in needed(["softmax"])] == ["def log_softmax", "def softmax"]


def test_every_activation_can_be_written() -> None:
    for name in ACTIVATIONS:
        if name not in (*NUMPY, "identity"):
            assert CALLED.get(name, name) in functions()
    for name, row in ACTIVATIONS.items():
        if row.in_output is None and not row.short:
            assert f"{name}_slope" in functions()


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {*NUMPY, "identity"}))
def test_the_parts_are_the_functions_of_the_table(name: str) -> None:
    from derive.codegen import parts

    grid = np.linspace(-30, 30, 241)
    mine = getattr(parts, CALLED.get(name, name))(grid)
    assert np.allclose(mine, ACTIVATIONS[name].value(grid), rtol=1e-14, atol=1e-300)
    slope = getattr(parts, f"{name}_slope", None)
    if slope is not None:
        assert np.allclose(slope(grid), ACTIVATIONS[name].slope(grid), rtol=1e-13, atol=1e-300)


def test_wrong_shapes_are_named() -> None:
    made = run(source("elman"))
    parameters, data, initial = numbers(made, 2, 2, 0)
    parameters["U"] = parameters["U"].T
    with pytest.raises(ValueError, match="has the shape"):
        made["forward"](parameters, data, initial)
    parameters["U"] = parameters["U"][0]
    with pytest.raises(ValueError, match=r"U has the shape .* expected \('n', 'd'\)"):
        made["forward"](parameters, data, initial)


def test_what_cannot_be_written_is_said() -> None:
    from derive.expressions.quantities import Parameter, Series, t
    from derive.expressions.spectra import Norm

    with pytest.raises(DerivationError, match="cannot write Norm as NumPy code: no recursion"):
        Emitter({}, {}).text(Norm(Parameter("W", 2, 2)))
    matrix = Series("A", 2, 2)
    with pytest.raises(DerivationError, match="cannot apply"):
        Emitter({}, {}).applied(matrix[t], Printed("v", ATOM))


def test_sizes_that_add_up() -> None:
    from derive.cells.cell import dimensions

    n, d = dimensions("n d")
    assert summands(2 * n + d + 1).count(n) == 2
    assert len(summands(2 * n + d + 1)) == 4


def test_saturated_data_are_those_on_which_the_equations_keep_their_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of √(1 − g²) with g next to 1 there are none: it is looked at less far out, others at once."""
    from derive.checks.required import STEPS
    from derive.codegen import numbers

    right, taken = trials._multiplied, list[float]()

    def multiplied(cell: Cell, given: TrialData, by: float) -> TrialData:
        taken.append(by)
        return right(cell, given, by)

    monkeypatch.setattr(trials, "_multiplied", multiplied)
    for name, wanted in (("elman", [30.0]), ("lstm", [30.0]), ("rg_lru", [30.0, 10.0])):
        cell = load(name)
        given = trials.drawn(cell, numbers.run(module(cell)), 0, STEPS)
        taken.clear()
        trials._saturated(cell, numbers.run(module(cell)), given)
        assert [by for by in taken if by > 1] == wanted


def test_data_on_which_the_equations_have_no_value_are_left_out() -> None:
    """Where all is 0, u/|u| is 0/0 in the code and in the cell: nan is unlike any number, nan too."""
    from derive.checks.required import STEPS
    from derive.codegen import numbers

    for name, wanted in (("elman", True), (str(LITERATURE / "goru.toml"), False)):
        cell = load(name)
        given = trials.drawn(cell, numbers.run(module(cell)), 0, STEPS)
        assert is_defined(cell, given)
        assert is_defined(cell, trials.shrunk(cell, given, 0.0)) is wanted
        numbers.require_numbers(cell, module(cell))


def test_a_size_of_a_state_alone_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text = (ROOT / "tests/catalogue/literature/slots.toml").read_text()
    path = tmp_path / "slots.toml"
    path.write_text(text.replace('M = "4 r"', 'M = "p r"'))
    with pytest.raises(
        SpecError, match=r"the size p stands in no shape but that of M and a, handed.*give a number"
    ):
        verified(load(str(path)))


def test_a_long_line_is_broken_within_brackets_only() -> None:
    """What is opened on one line may be closed on the next, where a break needs brackets of its own."""
    from derive.codegen.lines import Statement
    from derive.codegen.module import WIDTH, _formatted

    words = [f"quantity_{n}" for n in range(12)]
    for inner, outer in ((words[:8], words[8:]), (words[:4], words[4:]), (words[:11], words[11:])):
        line = f"h = f({' * '.join(inner)}) * {' * '.join(outer)}"
        text = _formatted(Statement(line), 4)
        assert ast.dump(ast.parse(text.replace("\n    ", "\n").lstrip())) == ast.dump(
            ast.parse(line)
        )
        assert all(len(row) <= WIDTH for row in text.split("\n"))


def test_what_has_no_value_elsewhere_is_drawn_positive() -> None:
    """The mean of squares below a root is never negative, from a start that is not."""
    from derive.codegen.positive import positive_names

    cell = load(str(LITERATURE / "adam_lstm.toml"))
    assert positive_names(cell) == ("nu0",)
    made = verified(cell)
    assert 'POSITIVE = ("nu0",)' in made
    assert positive_names(load("lstm")) == ()
    assert "POSITIVE" not in source("lstm")
    # Of other numbers the check of the module itself has nothing to compare.
    changed = made.replace('POSITIVE = ("nu0",)', "POSITIVE = ()")
    with np.errstate(invalid="ignore"):
        assert not run(changed)["check"]() <= 1e-9


def test_the_gradients_of_initial_states_keep_their_digits_on_saturated_data_too(
    tmp_path: Path,
) -> None:
    """Those of parameters may be large, and tell nothing of one that is a small difference."""
    path = tmp_path / "constants.toml"
    path.write_text(
        'inputs = { x = 1 }\nstates = { h = 2 }\nequations = """\n'
        "h[t] = A*h[t-1] + B*x[t]\nz[t] = V*tanh(W*h[t])\n"
        '"""\noutput = "linear"\n[parameters]\nV = "m n"\nW = "n 2"\n'
        "[constants]\nA = [[0.5, 0.1], [0, 0.3]]\nB = [1, 0.5]\n"
    )
    assert "def gradients" in verified(load(str(path)))


QUOTIENTS = """
inputs = { x = "n" }
states = { s = "n" }
equations = '''
s[t] = tanh(W*s[t-1])/(1 + tau^2) + 1/(2 + abs(U*x[t])) - b^(-1)
z[t] = V*s[t]
'''
[parameters]
"W U" = "n n"
"b tau" = "n"
V = "m n"
"""


def test_signs_and_ones_are_folded(tmp_path: Path) -> None:
    file = tmp_path / "quotients.toml"
    file.write_text(QUOTIENTS)
    text = verified(load(str(file)))
    lines = [line for line in text.split("\n") if not line.strip().startswith("#")]
    assert not [row for row in lines if re.search(r"\(-1\.0\)|\b1\.0 \*|\* 1\.0\b|\*\* \(-", row)]
    assert "sbar[1:T + 1] / (b ** 2)" in text
