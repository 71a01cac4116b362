"""Files of numbers, of gradients and of claims, good, damaged and absurd: an answer or an error."""

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.__main__ import main

hostile = settings(
    max_examples=25,
    deadline=timedelta(seconds=10),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def run(*argv: str) -> tuple[int, str, str]:
    """Run a command here; its status and what it printed, of which nothing is a traceback."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(argv)
    assert status in (0, 1, 2)
    said = out.getvalue()
    if status == 0:
        assert not re.search(r"\b(nan|inf|infinity)\b", said, re.IGNORECASE)
    else:
        assert err.getvalue() or said
    assert not re.search(r"Traceback|\[Errno|object at 0x|pydantic", err.getvalue())
    assert all(c.isprintable() or c == "\n" for c in err.getvalue())
    return status, said, err.getvalue()


# -- numbers ------------------------------------------------------------------------------------

LAYERS = {"softmax": "cross_entropy", "bce": "bce", "mse": "mse"}


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    """Return a good file for the simple network, of any sizes and options."""
    d, n, m, steps = (draw(st.integers(1, 4)) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    scale = draw(st.sampled_from([0.0, 1e-9, 0.5, 3.0, 50.0]))
    shapes: dict[str, tuple[int, ...]] = {"U": (n, d), "W": (n, n), "V": (m, n)}
    if draw(st.booleans()):
        shapes |= {"b": (n,), "c": (m,)}
    target = rng.dirichlet(np.ones(m), size=steps)
    options = {
        "activation": draw(st.sampled_from(["tanh", "sigmoid", "relu", "identity", "softplus"])),
        "output_layer": draw(st.sampled_from(["cross_entropy", "mse", "bce"])),
        "loss": draw(st.sampled_from(["every", "last", "mean"])),
        "initial": draw(st.sampled_from(["zero", "given", "trainable"])),
    }
    return {
        "params": {name: (scale * rng.normal(size=s)).tolist() for name, s in shapes.items()},
        "x": rng.normal(size=(steps, d)).tolist(),
        "s0": rng.normal(size=n).tolist(),
        "target": target.tolist(),
        "options": options,
    }


ODD = (
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
    | st.sampled_from([[], {}, [[]], [1, "a"], 10**400, 2**53 + 1, [[1.0], [1.0, 2.0]], "\ud800"])
)  # fmt: skip
TREES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = [path] if path else []
    for key, value in inner if isinstance(tree, (dict, list)) else ():
        found += places(value, (*path, key)) if isinstance(value, (dict, list)) else [(*path, key)]
    return found


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the tree with one place changed."""
    tree = json.loads(json.dumps(tree))
    inside = tree
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return tree


@hostile
@given(networks())
def test_good_numbers_are_evaluated_and_agree_with_themselves(
    tmp_path: Path, tree: dict[str, Any]
) -> None:
    path, mine = tmp_path / "v.json", tmp_path / "g.json"
    path.write_text(json.dumps(tree), "utf-8")
    status, said, err = run("evaluate", "--values", str(path), "--json")
    assert status == 0 or "not a finite number" in err
    if status == 0:
        mine.write_text(said, "utf-8")
        assert run("compare", "--values", str(path), "--gradients", str(mine))[0] == 0


@hostile
@given(st.data())
def test_numbers_damaged_at_one_place(tmp_path: Path, data: st.DataObject) -> None:
    tree = data.draw(networks())
    at = data.draw(st.sampled_from(places(tree)))
    path = tmp_path / "v.json"
    path.write_text(json.dumps(changed(tree, at, data.draw(TREES))), "utf-8")
    run("evaluate", "--values", str(path), "--json", "--only", "dL,L")


@hostile
@given(TREES, st.binary(max_size=60), st.booleans())
def test_garbage(tmp_path: Path, tree: Any, content: bytes, binary: bool) -> None:
    path = tmp_path / "v.json"
    path.write_bytes(content if binary else json.dumps(tree).encode())
    assert run("evaluate", "--values", str(path))[0] != 0
    assert run("audit", str(path))[0] != 0


@hostile
@given(st.sampled_from(["U", "x", "s0", "options", "options.bias", "params"]), st.data())
def test_arrays_of_odd_kinds(tmp_path: Path, name: str, data: st.DataObject) -> None:
    kinds = ["f2", "f4", "i1", "u8", "i8", "?", "c16", "M8[D]", "m8[s]", "S3", "U3", "O", "g"]
    kind = data.draw(st.sampled_from([*kinds, [("a", "f8")]]))
    shape = data.draw(st.sampled_from([(), (0,), (2,), (3, 2), (2, 2), (1, 1, 1)]))
    arrays: dict[str, Any] = {
        "U": np.ones((3, 2)), "W": np.eye(3), "V": np.ones((2, 3)), "x": np.ones((2, 2)),
        "target": np.full((2, 2), 0.5), name: np.zeros(shape, dtype=kind),
    }  # fmt: skip
    path = tmp_path / "v.npz"
    np.savez(path, **arrays)
    run("evaluate", "--values", str(path), "--json")


# -- claims -------------------------------------------------------------------------------------

INDICES = st.sampled_from(["t", "t-1", "k", "T", "1", "0", "T+1", "3", "-1", "k+1", "99999999999"])
ATOMS = st.one_of(
    st.builds("{}[{}]".format, st.sampled_from(["s", "x", "o", "y", "L", "q"]), INDICES),
    st.sampled_from(["W", "U", "V", "L", "0", "1", "I(n)", "ones(n)", "I(70)", "1e400", "Q", ""]),
    st.builds("d({})/d({})".format, *[st.sampled_from(["s[t]", "L", "s[k]", "W", "x[0]"])] * 2),
)
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["+", "*", ".*", "/", "-"]), inner),
        st.builds("sum({}=1..{}, {})".format, st.sampled_from("ktT"), INDICES, inner),
        st.builds("prod(j={}..k+1, {})".format, INDICES, inner),
        st.builds("{}({})".format, st.sampled_from(["tanh", "norm", "log", "rho"]), inner),
        st.builds("({})^{}".format, inner, st.sampled_from(["2", "0", "T", "(-1)", "99999"])),
    ),
    max_leaves=4,
)
DATA = st.sampled_from(
    ['T = 1', 'T = 2', 'T = true', 'T = 10000000', 'scales = { W = 1e300 }', 'scales = { Q = 1 }',
     'numbers = { W = nan }', 'numbers = { W = [[1, 2], [3]] }', 'numbers = { s0 = [1, 2, 3] }',
     'numbers = { W = 0.5 }', 'activation = "relu"', 'loss = "last"', 'start = "zero"', 'when = {}',
     'when = { T = 4 }', 'right = "W = W"', 'right-for = "t=1..T"', 'scalar = true', 'cell = "gru"',
     'says = "\\u202e"', 'experiment = "vanishing"', 'source = "a"', 'bias = 1', 'place = ""']
)  # fmt: skip


@st.composite
def claim_files(draw: st.DrawFn) -> str:
    """Claims that are good, or nearly."""
    lines = []
    for number in range(draw(st.integers(1, 2))):
        left, right = draw(FORMULAS), draw(FORMULAS)
        sign = draw(st.sampled_from(["=", "<=", "!=", ""]))
        lines += ["[[claim]]", f'id = "c{number}"', f'written = "{left} {sign} {right}"']
        if draw(st.booleans()):
            free = draw(
                st.sampled_from(["t=1..T", "t=1..T, k=1..t", "t=2..1", "t=0..T+1", "T=1..2"])
            )
            lines.append(f'for = "{free}"')
        lines += draw(st.lists(DATA, max_size=2, unique=True))
    return "\n".join(lines)


@hostile
@given(claim_files())
def test_claims_that_make_sense_or_do_not(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text, "utf-8")
    status, said, _ = run("audit", str(path), "--json")
    if status == 0:
        assert all(row["verdict"] for row in json.loads(said)["claims"])
        run("audit", str(path))


@hostile
@given(st.data())
def test_the_example_damaged_at_one_place(tmp_path: Path, data: st.DataObject) -> None:
    from derive.cli.commands.audit import EXAMPLE

    at, path = data.draw(st.integers(0, len(EXAMPLE))), tmp_path / "c.toml"
    put = data.draw(st.text(max_size=3) | st.sampled_from(['"', "]", "[[", "=", "\x00", "'", "{"]))
    cut = data.draw(st.integers(0, 5))
    text = EXAMPLE[:at] + put + EXAMPLE[at + cut :]
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    run("audit", str(path), "--json")


SILENT = [
    ('written = "s[4] = s[4]"', "s[4] does not exist"),
    ('written = "s[-1] = s[-1]"', "s[-1] does not exist"),
    ('written = "d(s[3])/d(x[0]) = 0"', "x[0] does not exist"),
    ('written = "L[T+1] = 0"', "L[4] does not exist"),
    ('written = "sum(k=0..T+2, s[k]) = s[1]"', "s[4] does not exist"),
    ('written = "copy(W, 9) = W"', "copy(W, 9) does not exist"),
    ('written = "s[t] = s[t]"', "no range is given for t"),
    ('written = "W = W"\nfor = "t=1..T+1"', "reaches 4: the steps are 0 to T = 3"),
    ('written = "W = 0*W"\nfor = "t=3..2"', "is empty for T = 3"),
    ('written = "W = 0*W"\nfor = "t=2..T"\nT = 1', "is empty for T = 1"),
    ('written = "W = W"\nfor = "t=1..T, t=1..T"', "the index t has two ranges"),
    ('written = "W = W"\nfor = "T=1..2"', "T is the number of steps"),
    ('written = "W = W"\nfor = "k=1..k"', "no range is given for k"),
    ('written = "sum(T=1..2, s[T]) = s[1]"', "T is the number of steps"),
    ('written = "ones(70) = ones(70)"', "a vector or matrix has the size 70"),
    ('written = "W = W"\nnumbers = { W = inf }', "numbers.W is inf"),
    ('written = "W = W"\nnumbers = { W = true }', "numbers.W is true"),
    ('written = "W = W"\nnumbers = { W = 9007199254740993 }', "which float64 cannot hold"),
    ('written = "W = W"\nnumbers = { W = [1, 2, 3] }', "W is 3: expected one number"),
    ('written = "W = W"\nnumbers = { n = 3 }', "'n' is no parameter"),
    ('written = "W = W"\nnumbers = { y = -1 }', "the targets of a softmax output are from 0"),
    ('written = "W = W"\nscales = { x = 2 }', "'x' is no parameter"),
    ('written = "W = W"\nscales = { W = 2 }\nnumbers = { W = 1 }', "has numbers as well"),
    ('written = "W = W"\nscales = { W = 1e308 }\nactivation = "identity"', "overflows at step"),
    ('written = "W = W"\nexperiment = "vanishing"\nT = 4', "T says nothing"),
    ('written = "W = W"\nwhen = {}', "when is empty"),
    ('written = "W = W"\nright-for = "t=1..T"', "says nothing without right"),
    ('written = "W = W"\nright-here = true', "says nothing without right"),
    ('written = "W = W"\nright = "W  =  W"', "the correction of claim 'a' is what is written"),
    ('written = "d(s[3])/d(s[2]) = 0"\nscales = { W = 1e-11 }', "too small to be told from"),
    ('written = "W = W"\n' + "a." * 60_000 + "b = 1", "lists and tables more than 20 levels deep"),
    ('written = "W = W"\nactivation = "nope"', "line 4, column 15: unknown activation"),
]


@pytest.mark.parametrize(("text", "said"), SILENT)
def test_what_says_nothing_has_no_verdict(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'[[claim]]\nid = "a"\n{text}\n', "utf-8")
    status, out, err = run("audit", str(path), "--json")
    assert status != 0
    assert out == ""
    assert said in err
    assert "line " in err


def test_a_bound_that_overflows_has_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    line = 'written = "norm(s[1]) <= norm(W)^50"\nscales = { W = 1e30 }'
    path.write_text(f'[[claim]]\nid = "a"\n{line}\n', "utf-8")
    assert "the right side is not a finite number" in run("audit", str(path))[2]


def test_readings_of_one_name_hide_none(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    reading = '[[claim.reading]]\nname = "r"\nwritten = "W = W"\n'
    path.write_text(f'[[claim]]\nid = "a"\n{reading}{reading}', "utf-8")
    assert "two readings of claim 'a' have one name" in run("audit", str(path))[2]
