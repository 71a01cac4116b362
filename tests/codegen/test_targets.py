"""Code for Numba, PyTorch and JAX: the same numbers as that for NumPy, and checks that can fail."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.catalogue import load
from derive.cli.arguments import TARGETS as NAMED
from derive.codegen import module, porting
from derive.codegen.handed import tupled
from derive.codegen.inloop import CompiledEmitter, ScannedEmitter
from derive.codegen.module import written_module
from derive.codegen.porting import ported, require_installed, target_of
from derive.codegen.target import TARGETS, target_named
from derive.codegen.verified import require_passed
from derive.errors import CheckError, UsageError
from derive.publishing.codelooked import require_code_looked

OTHERS = [name for name in TARGETS if name != "numpy"]

ALLOWED = {
    "numpy": {"numpy"}, "numba": {"math", "numpy", "numba"}, "torch": {"math", "numpy", "torch"},
    "jax": {"math", "numpy", "jax", "jax.numpy"},
}  # fmt: skip
"""What a module of a target may import."""

CLASHING = """
inputs = { x = "d" }
states = { like = "n" }
equations = \"\"\"
half[t] = tanh(dtype*like[t-1] + lax*x[t])
whole[t] = sigmoid(train*x[t])
like[t] = half[t] .* (1 - whole[t]) + begun .* like[t-1]
z[t] = forward*like[t]
\"\"\"
[parameters]
"lax train" = "n d"
dtype = "n n"
begun = "n"
forward = "m n"
"""
"""A network whose quantities are called as what modules have themselves."""


def wanting(name: str) -> Any:
    """Return a mark for tests that need a library."""
    missing = find_spec(TARGETS[name].package) is None
    return pytest.param(
        name,
        marks=pytest.mark.skipif(missing, reason=f"{name} is not installed: pip install .[{name}]"),
    )


def run(source: str, name: str = "generated") -> dict[str, Any]:
    found: dict[str, Any] = {"__name__": name}
    exec(compile(source, "<generated>", "exec"), found)
    return found


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Numba leave functions as they are, where it is installed: to compile takes long."""
    if find_spec("numba") is not None:
        import numba

        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


# -- what is written -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cell", ["elman", "lstm", "mlstm", "window_attention"])
def test_a_module_imports_its_library_only(cell: str, target: str) -> None:
    tree = ast.parse(module(load(cell), TARGETS[target]))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    found = {
        name
        for node in imports
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert found <= ALLOWED[target]
    assert TARGETS[target].package in found


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_module_is_for_is_seen_in_it(target: str) -> None:
    source = module(load("gru"), TARGETS[target])
    assert target_of(source) == target
    assert source == module(load("gru"), TARGETS[target])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cell", ["elman", "lstm", "deltanet", "window_attention"])
def test_every_formula_stands_above_its_line(cell: str, target: str) -> None:
    plain, made = module(load(cell)), module(load(cell), TARGETS[target])
    porting._require_formulas(load(cell), TARGETS[target], made, plain)
    other = re.sub(r"# ∇ of (\w+): ", r"# ∇ of \1: 2 ", made, count=1)
    assert other != made
    with pytest.raises(CheckError, match="has other formulas than that for NumPy"):
        porting._require_formulas(load(cell), TARGETS[target], other, plain)


@pytest.mark.parametrize("target", OTHERS)
def test_a_formula_above_another_line_is_refused(target: str) -> None:
    plain, made = module(load("elman")), module(load("elman"), TARGETS[target])
    other = re.sub(r"(# ∇ of U: .*)(\n.*\n)(.*)(# ∇ of W: .*)", r"\4\2\3\1", made)
    assert other != made
    with pytest.raises(CheckError, match=r"above grads\["):
        porting._require_formulas(load("elman"), TARGETS[target], other, plain)


@pytest.mark.parametrize("target", OTHERS)
def test_what_a_module_needs_is_said_in_it(target: str) -> None:
    plain, made = module(load("elman")), module(load("elman"), TARGETS[target])
    porting._require_document(load("elman"), TARGETS[target], made, plain)
    for right, wrong in (("; needs ", "; wants "), ("row 0 the initial state", "row 0 the last")):
        assert right in made
        with pytest.raises(CheckError, match="describes itself otherwise"):
            porting._require_document(
                load("elman"), TARGETS[target], made.replace(right, wrong, 1), plain
            )


LOOKED = {
    "numba": [("from the last step to the first", "from the first step to the last"),
              ("the sizes by name; ValueError", "the sizes by name; TypeError")],
    "torch": [("along * grads[n]", "grads[n]"), ("uniform up to one over", "uniform up to two over"),
              ("derived gradients, against autograd", "derived gradients, against themselves"),
              ("return float(torch.stack(errors).max())", "return float(torch.stack(errors).min())")],
    "jax": [("along * grads[name]", "grads[name]"),
            ("(size,) or (B, size) for some", "(T, size) for some"),
            (".max()) / scale)", ".min()) / scale)")],
}  # fmt: skip
"""What is replaced in a module by what, beside its formulas."""


@pytest.mark.parametrize(("target", "right", "wrong"), [
    (target, *edit) for target, edits in LOOKED.items() for edit in edits])  # fmt: skip
def test_a_line_that_was_not_looked_at_is_refused(target: str, right: str, wrong: str) -> None:
    made = module(load("elman"), TARGETS[target])
    require_code_looked(made, TARGETS[target])
    found = re.search(re.escape(right), made, re.IGNORECASE)
    assert found is not None
    other = made[: found.start()] + wrong + made[found.end() :]
    with pytest.raises(CheckError, match="a line that was not looked at"):
        require_code_looked(other, TARGETS[target])


@pytest.mark.parametrize("target", [wanting(name) for name in OTHERS])
def test_a_check_that_finds_nothing_is_refused(target: str) -> None:
    made = module(load("elman"), TARGETS[target])
    porting._require_own_check(load("elman"), TARGETS[target], made)
    blind = made.replace("def check(", "def check(*_):\n    return 0.0\n\n\ndef seen(")
    with pytest.raises(CheckError, match="does not find the gradient by U wrong"):
        porting._require_own_check(load("elman"), TARGETS[target], blind)


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("cell", ["mlstm", "window_attention"])
def test_no_name_within_a_function_hides_one_of_the_module(cell: str, target: str) -> None:
    """The network has a `step` of its own, the function that is 0 below 0 and 1 above."""
    tree = ast.parse(module(load(cell), TARGETS[target]))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {node.name for node in functions}
    assert cell != "mlstm" or "step" in called
    for function in functions:
        inside = [node for node in ast.walk(function) if node is not function]
        own = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own |= {n.name for n in inside if isinstance(n, ast.FunctionDef)}
        assert not (own - {function.name}) & called


@pytest.mark.parametrize("target", OTHERS)
def test_lines_are_short(target: str) -> None:
    for line in module(load("lstm_peephole"), TARGETS[target]).splitlines():
        assert len(line) <= 105


def test_the_command_line_knows_the_targets() -> None:
    assert tuple(TARGETS) == NAMED
    with pytest.raises(UsageError, match=r"unknown target 'tensorflow': expected one of numpy"):
        target_named("tensorflow")


def test_every_function_that_may_be_called_is_there() -> None:
    for target in TARGETS.values():
        assert {*TARGETS["numpy"].functions()} <= {*target.functions()}
        for name, source in target.functions().items():
            (function,) = ast.parse(source).body
            assert isinstance(function, ast.FunctionDef)
            assert function.name == name
            assert ast.get_docstring(function)


def test_tuples_are_source_however_long_they_are() -> None:
    for count in (0, 1, 2, 40):
        names = [f"name_{n}" for n in range(count)]
        text = tupled(names, 8)
        assert ast.literal_eval(re.sub(r"\bname_(\d+)", r"\1", text)) == tuple(range(count))
        assert all(len(line) <= 99 for line in text.splitlines())


def test_a_step_has_names_for_what_is_beside_it() -> None:
    emitter = ScannedEmitter({}, {})
    emitter.enter(["s", "a"], "before", lambda wish: wish)
    assert [emitter.at(*place) for place in (("s", 0), ("s", -1), ("x", -1))] == [
        "s_now", "s_before", "x[t - 1]"]  # fmt: skip
    assert [(one.array, one.read) for one in emitter.carried()] == [("s", True), ("a", False)]


def test_numba_takes_two_vectors_at_a_time() -> None:
    emitter = CompiledEmitter({}, {})
    assert emitter.call("stacked", "a", "b", "c").body == "stacked_now(stacked_now(a, b), c)"
    assert emitter.call("sigmoid", "a").body == "sigmoid(a)"
    assert emitter.used == {"stacked_now", "sigmoid"}


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", OTHERS)
def test_without_its_library_no_code_is_given_out(
    target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(porting, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=rf"pip install 'derive\[{target}\]'"):
        require_installed(TARGETS[target])
    out = tmp_path / "made.py"
    assert main(["code", "elman", "--target", target, "--out", str(out)]) == 2
    assert f"{TARGETS[target].package} is not installed here" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("target", [wanting("torch")])
@pytest.mark.parametrize(
    ("part", "by", "said"),
    [
        (" @ W)", " @ W.T)", "does not compute gradient of"),
        ("torch.tanh(a[t])", "torch.sin(a[t])", "does not compute a as that for NumPy does"),
        ("    grads = {}", "    grads = {'Q': W}", "gradient of Q"),
        ("return grads", "return undefined", "breaks when it is run: NameError"),
        ("sizes_of(parameters, data)", "sizes_of(parameters)", "breaks when it is run: TypeError"),
        ("1e-4, float(exact", "1e-99, 1e9 + float(exact", ""),
    ],
)
def test_code_that_is_wrong_is_not_given_out(
    target: str, part: str, by: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last row changes nothing that is computed, and passes."""
    cell, right = load("elman"), written_module

    def wrong(*args: Any) -> Any:
        from dataclasses import replace

        made = right(*args)
        assert part in made.source
        return replace(made, source=made.source.replace(part, by))

    monkeypatch.setattr(porting, "verified", lambda cell: module(cell))
    monkeypatch.setattr(porting, "written_module", wrong)
    if not said:
        require_passed(ported(cell, TARGETS[target]))
        return
    with pytest.raises(CheckError, match=f"{target}.*{said}"):
        ported(cell, TARGETS[target])


# -- what a module finds of itself -----------------------------------------------------------------

LOOPS = {"numba": "delta[t + 1]", "torch": "delta[t + 1]", "jax": "delta_after"}

FAULTS = {
    "a sign": (" + {after} @ W)", " - {after} @ W)"),
    "a matrix that is not transposed": ("{after} @ W)", "{after} @ W.T)"),
    "a step too late": ("s[0:T]", "s[1:T + 1]"),
    "a term that is lost": (" + {after} @ W)", ")"),
    "a gradient that is lost": ('grads["V"] = ', 'grads["V"] = 0.0 * '),
    "a millionth": ('grads["U"] = ', 'grads["U"] = 1.000001 * '),
}


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("target", [wanting(name) for name in OTHERS])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_program_finds_a_fault_in_itself(fault: str, target: str) -> None:
    source = module(load("elman"), TARGETS[target])
    part, by = (text.replace("{after}", LOOPS[target]) for text in FAULTS[fault])
    assert source.count(part) == 1
    with pytest.raises(SystemExit, match="the gradients are wrong: more than 1e-09") as stopped:
        run(source.replace(part, by), "__main__")
    assert stopped.value.code not in (0, None)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("target", [wanting(name) for name in OTHERS])
def test_a_program_that_is_right_says_so(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        module(load("elman", initial="trainable", loss="mean", bias=True), TARGETS[target]),
        "__main__",
    )
    said = capsys.readouterr().out
    assert float(said.removeprefix("largest relative error of the gradients: ")) < 1e-12


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("target", [wanting(name) for name in OTHERS])
def test_names_that_modules_have_themselves(target: str, tmp_path: Path) -> None:
    path = tmp_path / "clashing.toml"
    path.write_text(CLASHING, encoding="utf-8")
    assert run(module(load(str(path)), TARGETS[target]))["check"]() < 1e-11


@pytest.mark.parametrize("target", [wanting(name) for name in ("torch", "jax")])
def test_a_trained_initial_state_is_one_for_all_sequences(target: str) -> None:
    cell = load("elman", initial="trainable")
    plain, made = module(cell), module(cell, TARGETS[target])
    porting._require_numbers(cell, TARGETS[target], made, plain)


@pytest.mark.parametrize("target", [wanting("numba")])
def test_what_is_compiled_gives_the_same(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # All that is checked of the module for NumPy is checked elsewhere.
    monkeypatch.setattr(porting, "verified", lambda cell: module(cell))
    require_passed(ported(load("elman"), TARGETS[target]))


# -- as they are used ------------------------------------------------------------------------------


def given(steps: int = 4, sequences: int = 3) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(0)
    shapes = {"U": (3, 2), "W": (3, 3), "V": (4, 3)}
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    data = {
        "x": rng.normal(size=(steps, sequences, 2)),
        "y": rng.uniform(size=(steps, sequences, 4)),
    }
    return parameters, data


@pytest.mark.torch
class TestTorch:
    """A network of PyTorch, trained, moved and misused."""

    @pytest.fixture(scope="class")
    @classmethod
    def torch(cls) -> Any:
        return pytest.importorskip("torch")

    @pytest.fixture(scope="class")
    @classmethod
    def made(cls, torch: Any) -> dict[str, Any]:
        return run(module(load("elman"), TARGETS["torch"]))

    @pytest.fixture
    def network(self, made: dict[str, Any]) -> Any:
        return made["Network"]({"d": 2, "n": 3, "m": 4})

    def test_it_learns(self, torch: Any, network: Any) -> None:
        torch.manual_seed(0)
        network.reset_parameters()
        data = {"x": torch.randn(5, 8, 2), "y": torch.eye(4)[torch.randint(4, (5, 8))]}
        optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        losses = []
        for _ in range(30):
            optimizer.zero_grad()
            loss = network(data)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < 0.9 * losses[0]
        assert {*network.state_dict()} == {"U", "W", "V"}

    def test_dtype_follows_the_parameters(self, torch: Any, network: Any) -> None:
        _, data = given()
        held = {name: torch.tensor(array) for name, array in data.items()}
        assert network(held).dtype == torch.float32
        network.double()
        start = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        total = network(held, {"s0": start})
        total.backward()
        assert total.dtype == torch.float64
        assert start.grad is not None
        assert start.grad.shape == (3,)

    def test_what_does_not_fit_is_said(
        self, torch: Any, made: dict[str, Any], network: Any
    ) -> None:
        x, y = torch.zeros(4, 3, 2), torch.ones(4, 3, 4)
        refused: list[tuple[dict[str, Any], dict[str, Any] | None, type[Exception], str]] = [
            ({"x": x}, None, ValueError, "data y is missing; expected x, y"),
            ({"x": x, "y": y, "q": y}, None, ValueError, "data q is unknown; expected x, y"),
            (
                {"x": x[0], "y": y},
                None,
                ValueError,
                "x has the shape (3, 2); expected ('T', 'B', 'd')",
            ),
            (
                {"x": x, "y": y[:3]},
                None,
                ValueError,
                "y has the shape (3, 3, 4); expected (4, 3, 4)",
            ),
            ({"x": x, "y": y}, {"h0": x}, ValueError, "initial state h0 is unknown; expected s0"),
            ({"x": x, "y": y.requires_grad_()}, None, ValueError, "y requires a gradient"),
        ]
        for data, initial, kind, said in refused:
            with pytest.raises(kind, match=re.escape(said)):
                network(data, initial)
        with pytest.raises(TypeError, match="expected a tensor, not a list"):
            made["loss"]({"U": [], "W": [], "V": []}, {"x": x, "y": x})
        with pytest.raises(ValueError, match="expected d, n, m"):
            made["Network"]({"d": 2})

    def test_trained_initial_states_are_parameters(self, torch: Any) -> None:
        made = run(module(load("elman", initial="trainable"), TARGETS["torch"]))
        network = made["Network"]({"d": 2, "n": 3, "m": 4})
        data = {name: torch.tensor(array) for name, array in given()[1].items()}
        network(data).backward()
        assert network.s0.grad.shape == (3,)
        with pytest.raises(ValueError, match="s0 are parameters of the network; give none"):
            network(data, {"s0": torch.zeros(3)})

    def test_names_that_a_network_of_torch_has_itself(self, tmp_path: Path, torch: Any) -> None:
        path = tmp_path / "clashing.toml"
        path.write_text(CLASHING, encoding="utf-8")
        made = run(module(load(str(path)), TARGETS["torch"]))
        network = made["Network"]({size: n for n, size in enumerate(made["SIZES"], 2)})
        assert {*network.state_dict()} == {"lax", "train_", "dtype", "begun", "forward_"}


class TestJax:
    """Functions of JAX, transformed and misused."""

    @pytest.fixture(scope="class")
    @classmethod
    def made(cls) -> dict[str, Any]:
        pytest.importorskip("jax")
        return run(module(load("elman"), TARGETS["jax"]))

    def test_long_sequences_compile(self, made: dict[str, Any]) -> None:
        import jax

        parameters, data = given(steps=600, sequences=1)
        value, grads = jax.jit(jax.value_and_grad(made["loss"]))(parameters, data)
        assert np.isfinite(value)
        assert grads["W"].shape == (3, 3)

    def test_an_initial_state_for_all_sequences_has_one_gradient(
        self, made: dict[str, Any]
    ) -> None:
        import jax

        grads = jax.grad(made["loss"], argnums=2)(*given(), {"s0": np.zeros(3)})
        each = jax.grad(made["loss"], argnums=2)(*given(), {"s0": np.zeros((3, 3))})
        np.testing.assert_allclose(grads["s0"], each["s0"].sum(axis=0), rtol=1e-5)

    def test_what_is_not_derived_is_refused(self, made: dict[str, Any]) -> None:
        import jax

        with pytest.raises(ValueError, match="a gradient by y is asked for, and none is derived"):
            jax.grad(made["loss"], argnums=1)(*given())
        parameters, data = given()
        with pytest.raises(ValueError, match=re.escape("expected ('T', 'B', 'd')")):
            made["loss"](parameters, {**data, "x": data["x"][0]})
        with pytest.raises(ValueError, match="parameter U is missing"):
            made["loss"]({}, data)
