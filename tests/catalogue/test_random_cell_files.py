"""Random cell files, valid, mutated and garbage: a result or an error, within the time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogue.test_hostile_cells import OUT, SHAPES, STEP, assert_works, cell, run

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

SIGNS = [*"*+()[]{};=,.'^-#/\"\\\n\t\0 0159eE_dtsWUVxzkTnm", ".*", "d(", "sum(k=1..t,", "s[t-1]"]
SIGNS += ["tanh(", "ones(n)", "I", "9^9", "1e9", "\u202e", "变", "[a]", '"""', "W*", "t-1", "prod("]


@st.composite
def mutated(draw: Any) -> bytes:
    text = list(cell(f"{STEP}\n{OUT}"))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        text[place : place + draw(st.integers(0, 3))] = [draw(st.sampled_from(SIGNS))]
    return "".join(text).encode()


def value() -> Any:
    """Return a value as TOML writes it."""
    plain = st.one_of(
        st.integers().map(str),
        st.floats().map(repr),
        st.booleans().map(lambda b: str(b).lower()),
        st.sampled_from(["[]", "{}", "1979-05-27", "[[1], {a = 2}]", '"n d"', '"n"', '"n n n"']),
        st.text(max_size=8).map(lambda t: '"' + "".join(f"\\U{ord(c):08x}" for c in t) + '"'),
    )
    tables = st.dictionaries(
        st.sampled_from(["x", "s", "W", '"a b"', '""', "y"]), plain, max_size=3
    )
    return plain | tables.map(lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}")


KEYS = "name title inputs states equations output loss initial parameters constants other".split()
TREES = st.dictionaries(st.sampled_from(KEYS), value(), max_size=8).map(
    lambda d: "\n".join(f"{k} = {v}" for k, v in d.items()).encode("utf-8", "surrogatepass")
)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(st.one_of(st.binary(max_size=200), st.text().map(str.encode), TREES, mutated()))
def test_any_file_is_refused_or_checked(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_bytes(data)
        status, said = run("check", str(path), "-T", "2")
        # Refused, or all equations hold: those of no cell are wrong.
        assert status == 0 or "derive: error: " in said, said


NAMES = st.sampled_from(
    "a b g alpha htilde q_in None class h rows u_2 Phi f0 gamma_h xi_in hhat_1 lag_omega".split()
)
SIMPLE = ["s[t-1]", "W*s[t-1]", "U*x[t]", "{p}", "{p} .* s[t-1]"]


@st.composite
def formula(draw: Any, depth: int = 3) -> str:
    """Return a vector of size n."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return str(draw(st.sampled_from(SIMPLE)))
    a, b = draw(formula(depth - 1)), draw(formula(depth - 1))
    made = ["({a} + {b})", "({a} - {b})", "(({a}) .* ({b}))", "tanh({a})", "sigmoid({a})", "-({a})"]
    made += ["softmax({a})", "2*({a})", "({a})/3", "mean({a})*({b})", "(1 - {a})", "W'*({a})"]
    made += [
        "exp(-sqrt(1 + ({a})^2))",
        "({a})/(1 + abs({b}))",
        "max({a}, 2 + {b})",
        "(W - W')*({a})",
    ]
    made += [
        "silu({a})",
        "sin({a})",
        "(1 + ({a})^2)^(-1/2)",
        "(0.5 + mean({a}) + {b})",
        "log(2 + ({a})^2)",
        "max(-1, min(1, {a}))",
        "({a})/(ones(n)'*exp({b}))",
        "({a})/(1 + ({b})'*({b}))",
    ]
    return str(draw(st.sampled_from(made))).replace("{a}", a).replace("{b}", b)


@st.composite
def valid(draw: Any) -> str:
    name, other = draw(st.lists(NAMES, min_size=2, max_size=2, unique=True))
    inner = f"{draw(formula())} + W*s[t-1] + U*x[t] + {{p}}"
    rows = f"s[t] = tanh({inner})\n{other}[t] = {draw(formula(1)).replace('[t-1]', '[t]')} + s[t]\n"
    shapes = f'{SHAPES}\n{name} = "n"'
    if draw(st.booleans()):
        # One gate for all components, of which the name stands in no other place; its weights are a
        # column or a row, and it may be read a step later alone, of which it has a start then.
        weights, shape, turned = draw(st.sampled_from([("e1'", "n", "e1"), ("e1", "1 n", "e1'")]))
        gate = draw(st.sampled_from(["sigmoid({})", "max(0, min(1, {}))", "({})/2"]))
        late = draw(st.sampled_from(["", "-1"]))
        made = f"g1[t] = {gate.format(f'{weights}*s[t-1] + e2')}\n"
        rows = rows.replace("s[t] = ", f"{made}s[t] = g1[t{late}]*s[t-1] + e2*{turned} + ", 1)
        shapes += f'\ne1 = "{shape}"\ne2 = "1"'
    past = draw(
        st.sampled_from(["", " + R1*x[t]", " + R2*s[t-1]", " + V*s[t]", " + V*tanh(W*s[t])"])
    )
    rows += f"z[t] = V*{other}[t]{past}"
    shapes += {" + R1*x[t]": '\nR1 = "m d"', " + R2*s[t-1]": '\nR2 = "m n"'}.get(past, "")
    kinds = draw(st.sampled_from(["softmax", "linear", "sigmoid"]))
    if not past and draw(st.booleans()):
        # What is read out is a quantity itself.
        rows = rows.replace(f"z[t] = V*{other}[t]", f"z[t] = {other}[t]")
        shapes = shapes.replace('V = "m n"', "")
    if draw(st.booleans()):
        # The input is read a step later alone.
        rows = rows.replace("x[t]", "x[t-1]")
    text = cell(rows.replace("{p}", name), shapes)
    if "g1[t-1]" in rows:
        text = text.replace('s = "n" }', 's = "n", g1 = 1 }')
    start = draw(st.sampled_from(["zero", "given", "trainable"]))
    return f'output = "{kinds}"\ninitial = "{start}"\n{text}'


@st.composite
def autonomous(draw: Any) -> str:
    """Return a cell that reads nothing but what it hands on to itself."""
    text = str(draw(valid())).replace("x[t-1]", "x[t]")
    text = text.replace("R1*x[t]", "R1*s[t]").replace('R1 = "m d"', 'R1 = "m n"')
    text = text.replace("U*x[t]", "U*s[t-1]").replace('U = "n d"', 'U = "n n"')
    return text.replace('inputs = { x = "d" }\n', "")


@settings(max_examples=3, deadline=None, suppress_health_check=SLOW)
@given(st.one_of(valid(), autonomous()))
def test_a_valid_cell_works_everywhere(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"
        path.write_text(text, encoding="utf-8")
        status, said = run("check", str(path), "-T", "2")
        assert status in (0, 1), said
        # A quantity that is in two of the random equations may run past the states.
        if status == 0:
            assert_works(path, Path(folder))
        else:
            assert "line" in said, said
