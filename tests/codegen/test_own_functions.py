"""Own functions that are written out in code: an exponential in them overflows far from 0."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.checks.loaded import load
from derive.codegen.module import module
from derive.codegen.numbers import TOLERANCE, own_check

CELL = """
inputs = {{ x = "d" }}
states = {{ s = "n" }}
equations = \"\"\"
s[t] = swish(U*x[t] + W*s[t-1] {sign} b)
z[t] = V*s[t]
\"\"\"
[parameters]
U = "n d"
W = "n n"
b = "n"
V = "m n"
[functions]
swish = "a/(1 + exp(-a))"
"""


@pytest.mark.parametrize("sign", ["+", "-"])
def test_the_code_and_the_text_of_swish_are_given_out(sign: str, tmp_path: Path) -> None:
    """Its slope is 0 · ∞ where exp(-a) overflows; and -(a + b) is what is read as -a - b."""
    path = tmp_path / "c.toml"
    path.write_text(CELL.format(sign=sign), encoding="utf-8")
    assert main(["show", "c-slope-swish", "--cell", str(path)]) == 0
    assert main(["code", str(path), "--out", str(tmp_path / "c.py")]) == 0


@pytest.mark.parametrize(
    "step", ["steep(W*s[t-1] + U*x[t] + b)", "s[t-1] .* steep(W*s[t-1] + U*x[t] + b)"]
)
def test_after_the_last_step_no_function_is_needed(step: str, tmp_path: Path) -> None:
    """Behind it the inputs are 0, and there exp(a) overflows: its factor would be 0 · ∞."""
    path, out = tmp_path / "c.toml", tmp_path / "c.py"
    text = CELL.format(sign="+").replace("swish(U*x[t] + W*s[t-1] + b)", step)
    text = text.replace('swish = "a/(1 + exp(-a))"', 'steep = "a*exp(-exp(a))"')
    path.write_text(text, encoding="utf-8")
    assert main(["code", str(path), "--out", str(out)]) == 0
    names: dict[str, Any] = {"__name__": "c"}
    exec(compile(out.read_text(encoding="utf-8"), str(out), "exec"), names)
    rng = np.random.default_rng(0)
    parameters = {n: rng.normal(size=(2, 2)) for n in "UWV"} | {"b": np.array([900.0, 900.0])}
    inputs = np.linalg.solve(parameters["U"], -parameters["b"]) * np.ones((3, 1, 2))
    target = np.broadcast_to([1.0, 0.0], (3, 1, 2))
    with np.errstate(all="ignore"):
        found = names["gradients"](parameters, {"x": inputs, "y": target}, {"s0": np.ones(2)})[1]
    assert all(np.isfinite(gradient).all() for gradient in found.values())
    for n, at in (("V", (0, 1)), ("W", (1, 0)), ("b", 0)):
        moved = {k: v.astype(complex) for k, v in parameters.items()}
        moved[n][at] += 1e-20j
        with np.errstate(all="ignore"):
            values = names["forward"](moved, {"x": inputs, "y": target}, {"s0": np.ones(2)})
        assert values["total"].imag / 1e-20 == pytest.approx(found[n][at], rel=1e-9, abs=1e-12)


def _drawn(seed: int) -> str:
    """Return a cell of two states and two quantities, with functions of its own in any place."""
    draw = Random(seed)

    def function() -> str:
        return draw.choice(("swish", "swish", "bump", "tanh", "sigmoid"))

    def read(*names: str) -> str:
        """Return a sum that reads some of these, each by a matrix of its own."""
        terms = [f"{matrix}*{name}" for matrix, name in zip("FGR", names, strict=False)]
        return " + ".join([*draw.sample(terms, draw.randint(1, len(terms))), "b"])

    q = f"{function()}({read('h[t-1]', 'c[t-1]')} + A*x[t])"
    f = f"{function()}({read('c[t-1]', 'h[t-1]', 'q[t]')})"
    c = draw.choice(("f[t] .* c[t-1] + q[t]", f"q[t] .* {function()}(c[t-1]) + 0.5*f[t]",
                     f"{function()}(f[t] + c[t-1]) + q[t]"))  # fmt: skip
    h = draw.choice((f"{function()}(c[t])", f"f[t] .* {function()}(c[t])", "c[t] + 0.1*q[t]"))
    used = [one for one in "FGR" if f"{one}*" in q + f]
    return f"""
inputs = {{ x = "d" }}
states = {{ h = "n", c = "n" }}
equations = \"\"\"
q[t] = {q}
f[t] = {f}
c[t] = {c}
h[t] = {h}
z[t] = V*h[t] + Q*{draw.choice(("h[t]", "c[t]", "swish(c[t])"))}
\"\"\"
output = "{draw.choice(("linear", "softmax", "sigmoid"))}"
[parameters]
A = "n d"
"{" ".join(used)}" = "n n"
b = "n"
"V Q" = "m n"
[functions]
swish = "a/(1 + exp(-a))"
bump = "1/(1 + a*a)"
"""


@pytest.mark.parametrize("seed", range(16))
def test_cells_with_functions_of_their_own_in_any_place(seed: int, tmp_path: Path) -> None:
    """What comes from the loss may stand beside such a function of the step after."""
    path = tmp_path / "c.toml"
    path.write_text(_drawn(seed), encoding="utf-8")
    assert own_check(module(load(str(path)))) <= TOLERANCE
