"""`derive explain`: what was understood of a network, in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.__main__ import main
from derive.catalogue import load, names
from derive.cells.understood import readings, recurrence_is_linear
from tests import ROOT

Captured = pytest.CaptureFixture[str]
FOLDER = ROOT / "tests" / "catalogue" / "literature"


def explained(cell: str, capsys: Captured) -> list[str]:
    assert main(["explain", cell]) == 0
    return [row.strip() for row in capsys.readouterr().out.split("\n")]


def test_a_cell_with_its_sizes_states_and_parameters(capsys: Captured) -> None:
    rows = explained("lstm", capsys)
    assert "n: the size of h_t and c_t" in rows
    assert "c_t (n, 1); at step 0 it is 0" in rows
    assert "W_f (n, n) multiplies h_{t-1} in a_{f,t}" in rows
    assert "b_f (n, 1) is added in a_{f,t}" in rows
    assert "the states are not linear in those of the step before" in rows


def test_a_quantity_that_leads_past_the_states(capsys: Captured) -> None:
    rows = explained(str(FOLDER / "sru.toml"), capsys)
    handed, beside, after = (
        next(n for n, row in enumerate(rows) if row.startswith(head))
        for head in ("handed from step to step", "not handed on, but", "computed at each step")
    )
    assert not any(row.startswith("h_t") for row in rows[handed:beside])
    assert rows[beside + 1 : after] == ["h_t (n, 1)"]


def test_tied_weights_are_named(capsys: Captured) -> None:
    assert "used in more than one place: U" in explained(str(FOLDER / "tied.toml"), capsys)


MASKED = """
inputs = { x = "d" }
states = { h = 2 }
equations = '''
Wm[t] = M.*W
h[t] = tanh(Wm[t]*h[t-1] + U*x[t])
z[t] = V*h[t]
'''
[parameters]
W = "2 2"
U = "2 d"
V = "m 2"
[constants]
M = [[1, 0], [0.5, 1]]
"""


def test_a_mask_and_what_it_multiplies(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "masked.toml"
    file.write_text(MASKED)
    rows = explained(str(file), capsys)
    assert "M = ((1, 0), (0.5, 1))" in rows
    assert "W (2, 2) multiplies M entry by entry in W_{m,t}" in [
        row.replace("Wm_t", "W_{m,t}") for row in rows
    ]


BEHIND = """
inputs = { x = "d", u = "d" }
states = { S = "r n" }
equations = '''
S[t] = 0.5*S[t-1] + (K*x[t])*(W*x[t])'
z[t] = V*(S[t]'*(Q*u[t]))
'''
[parameters]
"K Q" = "r d"
W = "n d"
V = "m n"
"""


def test_a_matrix_behind_what_it_is_multiplied_with(tmp_path: Path) -> None:
    from derive.cli.commands.explain import _parts
    from derive.cli.explained import require_explained
    from derive.errors import CheckError

    file = tmp_path / "behind.toml"
    file.write_text(BEHIND)
    cell = load(str(file))
    lines = [line for head, rows in _parts(cell) for line in (head, *(f"  {r}" for r in rows))]
    assert "  W (n, d) as Wᵀ multiplies K x_t x_tᵀ in S_t" in lines
    require_explained(lines, cell)
    wrong = [line.replace("multiplies K x_t x_tᵀ", "multiplies K x_t u_tᵀ") for line in lines]
    with pytest.raises(CheckError, match="what W does in S"):
        require_explained(wrong, cell)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("((1, 0), (0.5, 1))", "((1, 0), (0.25, 1))"), ("((1, 0), (0.5, 1))", "(1, 0, 0.5, 1)"),
     ("multiplies M entry", "multiplies W entry")],
)  # fmt: skip
def test_a_mask_that_is_printed_wrong_is_refused(tmp_path: Path, right: str, wrong: str) -> None:
    from derive.cli.commands.explain import _parts
    from derive.cli.explained import require_explained
    from derive.errors import CheckError

    file = tmp_path / "masked.toml"
    file.write_text(MASKED)
    cell = load(str(file))
    lines = [line for head, rows in _parts(cell) for line in (head, *(f"  {r}" for r in rows))]
    require_explained(lines, cell)
    with pytest.raises(CheckError):
        require_explained([line.replace(right, wrong) for line in lines], cell)


USES = (
    ("h[t] = tanh(U*x[t] + h[t-1] + b)", {"b": 1}, ["b (1, 1) is added in a_{h,t}"]),
    ("h[t] = tanh(U*x[t] + b*h[t-1])", {"b": 1}, ["b (1, 1) acts as a number in a_{h,t}"]),
    ("h[t] = tanh(U*x[t] + h[t-1] + max(b, v) + b)", {"b": 1, "v": "n"},
     ["b (1, 1) acts as a number in a_{h,t} and is added in a_{h,t}",
      "v (n, 1) acts by its components in a_{h,t}", "used in more than one place: b"]),
    ("h[t] = tanh(U*x[t] + h[t-1] + log(exp(b)))", {"b": 1},
     ["b (1, 1) acts as a number in a_{h,t}"]),
    ("P[t] = W.*W.*W\nh[t] = tanh(P[t]*h[t-1] + U*x[t] + b)", {"W": "n n", "b": 1},
     ["W (n, n) multiplies W ⊙ W entry by entry in P_t", "b (1, 1) is added in a_{h,t}",
      "used in more than one place: W"]),
    ("h[t] = h[t-1] + U*x[t] - W'*(W*h[t-1])", {"W": "r n"},
     ["W (r, n) as Wᵀ multiplies W h_{t-1} in h_t and multiplies h_{t-1} in h_t",
      "used in more than one place: W"]),
    ("h[t] = tanh((W - W')*h[t-1] + U*x[t])", {"W": "n n"},
     ["W (n, n) multiplies h_{t-1} in a_{h,t} and as Wᵀ multiplies h_{t-1} in a_{h,t}"]),
    ("E[t] = W'\nF[t] = exp(M)\nh[t] = tanh(E[t]*h[t-1] + F[t]*(U*x[t]))", {"W": "n n", "M": "n n"},
     ["W (n, n) acts by its components in E_t", "M (n, n) acts by its components in F_t"]),
    ("E[t] = W\nh[t] = tanh(E[t]*h[t-1] + U*x[t])", {"W": "n n"}, ["W (n, n) is added in E_t"]),
    # What is beside g is 0 for no numbers, and what is before a root has no values at some.
    ("q[t] = U*x[t]\nP[t] = h[t-1]*q[t]'\nu[t] = relu(g .* layernorm(q[t] + P[t]*h[t-1]))\n"
     "h[t] = tanh(u[t])", {"g": "n"},
     ["g (n, 1) multiplies layernorm(q_t + P_t h_{t-1}) entry by entry in a_{u,t}"]),
    ("h[t] = tanh(W*(h[t-1]/sqrt(U*x[t])) + b)", {"W": "n n", "b": "n"},
     ["W (n, n) multiplies h_{t-1} ⊘ sqrt(a_{h,t}) in a_{h2,t}"]),
    ("h[t] = relu'(W*h[t-1]) .* (U*x[t])", {"W": "n n"},
     ["linear in x_t; not linear in a_{h,t}",
      "the states are not linear in those of the step before"]),
)  # fmt: skip


@pytest.mark.parametrize(("equations", "trained", "said"), USES)
def test_what_a_parameter_does_at_each_of_its_places(
    equations: str, trained: dict[str, int | str], said: list[str], tmp_path: Path, capsys: Captured
) -> None:
    shapes = {"U": "n d", "V": "m n", **trained}
    file = tmp_path / "uses.toml"
    file.write_text(
        'inputs = { x = "d" }\nstates = { h = "n" }\nequations = """\n'
        f'{equations}\nz[t] = V*h[t]\n"""\n[parameters]\n'
        + "\n".join(f"{name} = {shape!r}" for name, shape in shapes.items())
    )
    rows = explained(str(file), capsys)
    assert not [row for row in said if row not in rows]


def test_what_is_beside_a_parameter_is_compared(tmp_path: Path) -> None:
    from derive.cli.commands.explain import _parts
    from derive.cli.explained import require_explained
    from derive.errors import CheckError

    file = tmp_path / "scaled.toml"
    file.write_text(
        'inputs = { x = "n" }\nstates = { S = "n n", h = "n" }\nequations = """\n'
        "S[t] = S[t-1] + x[t]*x[t]'\nh[t] = relu(g .* layernorm(S[t]*h[t-1]))\nz[t] = V*h[t]\n"
        '"""\n[parameters]\ng = "n"\nV = "m n"\n'
    )
    cell = load(str(file))
    lines = [line for head, rows in _parts(cell) for line in (head, *(f"  {r}" for r in rows))]
    require_explained(lines, cell)
    for wrong in ("layernorm(S_t h_t)", "layernorm(h_{t-1})", "S_t h_{t-1}", "h_{t-1}"):
        changed = [
            line.replace("multiplies layernorm(S_t h_{t-1}) entry", f"multiplies {wrong} entry")
            for line in lines
        ]
        assert changed != lines
        with pytest.raises(CheckError):
            require_explained(changed, cell)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("as Wᵀ multiplies W h", "multiplies W h"), ("and multiplies h", "and as Wᵀ multiplies h"),
     (" and multiplies h_{t-1} in h_t", ""), ("η (1, 1) acts as a number", "η (1, 1) is added"),
     ("η (1, 1) acts as a number", "η (1, 1) acts by its components")],
)  # fmt: skip
def test_each_place_is_confirmed_by_itself(right: str, wrong: str) -> None:
    from derive.cli.commands.explain import _parts
    from derive.cli.explained import require_explained
    from derive.errors import CheckError

    cell = load(str(FOLDER / "oja.toml"))
    lines = [line for head, rows in _parts(cell) for line in (head, *(f"  {r}" for r in rows))]
    require_explained(lines, cell)
    changed = [line.replace(right, wrong) for line in lines]
    assert changed != lines
    with pytest.raises(CheckError):
        require_explained(changed, cell)


@pytest.mark.parametrize(
    ("file", "linear"), [("linear", True), ("mingru", True), ("qrnn", True), ("sru", False),
                         ("normed_memory", True),
                         ("residual", False), ("multiplicative", False)],
)  # fmt: skip
def test_what_is_linear(file: str, linear: bool) -> None:
    assert recurrence_is_linear(load(str(FOLDER / f"{file}.toml"))) is linear


@pytest.mark.parametrize("name", names())
def test_every_cell_that_ships_is_explained(name: str, capsys: Captured) -> None:
    rows = explained(name, capsys)
    assert rows[0] == name
    assert len(readings(load(name))) > 1


def test_gates_are_named_by_greek_letters_with_an_index(tmp_path: Path, capsys: Captured) -> None:
    """What a gate is a function of is called after it: a_{γ_h,t}, with an index below an index."""
    names = ("gamma_h", "hhat_xi", "f_g", "lambda_gamma1")
    rows = [f"{name}[t] = sigmoid(W{n}*x[t])" for n, name in enumerate(names)]
    parts = " + ".join(f"{name}[t] .* s[t-1]" for name in names)
    file = tmp_path / "greek.toml"
    file.write_text(
        'inputs = { x = "d" }\nstates = { s = "n" }\nequations = """\n'
        + "\n".join([*rows, f"s[t] = {parts}", "z[t] = V*s[t]"])
        + '\n"""\n[parameters]\n"W0 W1 W2 W3" = "n d"\nV = "m n"\n'
    )
    rows = explained(str(file), capsys)
    wanted = ("a_{γ_h,t}", "a_{h\u0302_xi,t}", "a_{f_g,t}", "a_{λ_γ1,t}")
    for n, name in enumerate(wanted):
        assert f"{name} = W{n} x_t" in rows


LAGGED = '''
inputs = { x = "d" }
states = { h = "n" }
equations = """
a[t] = U*x[t] + W*h[t-1] + R*h[t-2]
h[t] = eta*h[t-1] + kappa*tanh(a[t])
z[t] = V*h[t]
"""
[parameters]
U = "n d"
"W R" = "n n"
V = "m n"
[constants]
eta = 1
kappa = 0.12345678
'''


def test_what_reads_further_back_is_told_as_it_is_written(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "lagged.toml"
    file.write_text(LAGGED)
    rows = explained(str(file), capsys)
    assert "a_t = U x_t + W h_{t-1} + R h_{lag,t-1}" in rows
    assert "as written: a_t = U x_t + W h_{t-1} + R h_{t-2}" in rows
    # A number is told whole, as nothing says that it would be rounded.
    assert {"η = 1", "κ = 0.12345678"} <= {*rows}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("R h_{t-2}", "R h_{t-3}"),
     ("as written: ", "as before: "), ("0.12345678", "0.123457")],
)  # fmt: skip
def test_what_is_told_as_written_is_compared(right: str, wrong: str, tmp_path: Path) -> None:
    from derive.cli.commands.explain import _parts
    from derive.cli.explained import require_explained
    from derive.errors import CheckError

    file = tmp_path / "lagged.toml"
    file.write_text(LAGGED)
    cell = load(str(file))
    lines = [line for head, rows in _parts(cell) for line in (head, *(f"  {r}" for r in rows))]
    require_explained(lines, cell)
    changed = [line.replace(right, wrong) for line in lines]
    assert changed != lines
    with pytest.raises(CheckError):
        require_explained(changed, cell)
    left_out = [line for line in lines if "as written" not in line]
    with pytest.raises(CheckError):
        require_explained(left_out, cell)
