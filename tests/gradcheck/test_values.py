"""Files of numbers: what is wrong with one is said with its place, and never with a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive import budgets
from derive.__main__ import main
from derive.catalogue import load
from derive.errors import DeriveError, SpecError, UsageError
from derive.gradcheck.reading import column, read
from derive.gradcheck.values import values

GOOD: dict[str, Any] = {
    "params": {
        "U": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]],
        "W": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]],
        "V": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]],
    },
    "x": [[1, 2], [3, 4]],
    "s0": [0, 0, 0],
    "target": [[1, 0, 0, 0], [0, 0.5, 0.5, 0]],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the good file with one place changed; with None, removed."""
    data: dict[str, Any] = json.loads(json.dumps(GOOD))
    *outer, last = path.split(".")
    inside: Any = data
    for name in outer:
        inside = inside.setdefault(name, {}) if isinstance(inside, dict) else inside[int(name)]
    if value is None:
        del inside[last]
    elif isinstance(inside, list):
        inside[int(last)] = value
    else:
        inside[last] = value
    return data


@pytest.fixture
def limits() -> Iterator[None]:
    """Undo what a test does to the limits."""
    yield
    budgets.use([])


def said(path: Path, cell: str = "elman", **options: object) -> str:
    with pytest.raises((SpecError, UsageError)) as caught:
        values(path, cell, options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    found = values(path, "elman", {})
    assert found.steps == 2
    assert found.parameters["V"].shape == (4, 3)
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert values(path, "elman", {}).steps == 2


CASES: list[tuple[str, Any, str]] = [
    # wrong and missing keys
    ("params.W", None, "the parameter params.W is missing; cell elman has U, W, V"),
    ("params.Q", [[1]], "unknown key 'params.Q'"),
    ("params.w", [[1]], "unknown key 'params.w'"),
    ("x", None, "'x' is missing: expected one row per step"),
    ("target", None, "'target' is missing"),
    ("targets", [[1]], "unknown key 'targets': did you mean target?"),
    ("params", [1], "params is a list: expected an object"),
    ("options", "tanh", "options is the text 'tanh': expected an object"),
    ("params.b", [0, 0, 0], "the parameter params.c is missing"),
    # shapes
    ("params.W", [[1, 2], [3, 4]], "params.W is 2 × 2: expected n × n, as n = 3 by params.U"),
    ("params.U", [[1, 2]] * 4, "params.W is 3 × 3: expected n × n, as n = 4 by params.U"),
    ("params.V", [[1, 2]], "params.V is 1 × 2: expected m × n, as n = 3 by params.U"),
    ("params.V", [1, 2, 3], "params.V[0] is the number 1: expected a list of numbers"),
    ("x", [[1, 2, 3], [1, 2, 3]], "x has rows of 3: expected 2, as d = 2 by params.U"),
    ("x", [1, 2], "x[0] is the number 1: expected a list of numbers"),
    ("s0", [0, 0], "s0 is 2: expected n, as n = 3 by params.U"),
    ("s0", [[0, 0, 0]], "s0[0] is a list: expected a number"),
    ("s0", 0, "s0 is the number 0: expected a list of numbers"),
    ("target", [[1, 0, 0, 0]], "target has 1 rows and x has 2: expected one row per step in both"),
    ("params.U", [[], [], []], "params.U is empty"),
    ("params.U", [], "params.U"),
    # ragged
    ("params.W", [[1, 2, 3], [1, 2], [1, 2, 3]],
     "params.W[1] has 2 entries and the first row has 3: expected rows of one length"),
    ("x", [[1, 2], [1]], "x[1] has 1 entries and the first row has 2: expected rows of one length"),
    # not numbers
    ("params.U.1.0", "0.3", "params.U[1][0] is the text '0.3': expected a number"),
    ("params.U.1.0", True, "params.U[1][0] is true: expected a number"),
    ("params.U.1.0", [1], "params.U[1][0] is a list: expected a number"),
    ("params.U.1.0", {}, "params.U[1][0] is an object: expected a number"),
    ("x.0", "12", "x[0] is the text '12': expected a list of numbers"),
    ("x", "abc", "x is the text 'abc': expected a list of rows of numbers"),
    ("x", {"0": [1, 2]}, "x is an object: expected a list of rows of numbers"),
    ("params.U.1.0", float("nan"), "params.U[1][0] is nan: expected a finite number"),
    ("x.1.1", float("-inf"), "x[1][1] is -inf: expected a finite number"),
    # T = 0
    ("x", [], "x has no rows (T = 0): expected one per step, at least one"),
    ("target", [], "target has no rows (T = 0)"),
    # targets
    ("target.0", [2, -1, 0, 0],
     "target[0][1] is -1: with a softmax output, expected no negative number"),
    # options
    ("options", {"activation": "tahn"}, "options: unknown activation 'tahn': did you mean tanh?"),
    ("options", {"activation": 3}, "options.activation is the number 3: expected a name"),
    ("options", {"bias": "yes"}, "the option bias of cell elman is 'yes': expected true or false"),
    ("options", {"activatoin": "tanh"}, "no option 'activatoin': did you mean activation?"),
    ("options", {"output_layer": "x"}, "unknown output layer 'x'"),
    ("options", {"loss": "never"}, "unknown loss placement 'never'"),
    ("options", {"initial": "x"}, "unknown kind of initial state 'x'"),
    ("options", {"loss": "weighted"}, "'weights' is missing"),
    ("weights", [1], "weights has 1 rows and x has 2"),
    ("weights", [[1], [2]], "weights[0] is a list: expected a number"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), CASES)
def test_what_is_wrong_is_said_with_its_place(
    path: str, value: Any, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "v.json"
    file.write_text(json.dumps(changed(path, value)), encoding="utf-8")
    text = said(file)
    assert message in text
    assert str(file) in text


def test_targets_of_other_outputs(tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    file.write_text(json.dumps(changed("target.0", [2, -1, 0, 0])), encoding="utf-8")
    assert values(file, "elman", {"output_layer": "mse"}).steps == 2
    text = said(file, output_layer="bce")
    assert "target[0][0] is 2: with a sigmoid output, expected numbers in 0 … 1" in text


def test_a_given_initial_state_must_be_given(tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    file.write_text(json.dumps(changed("s0", None)), encoding="utf-8")
    assert not values(file, "elman", {}).initial["s"].any()
    assert "'s0' is missing: the initial state is given" in said(file, initial="given")


@pytest.mark.parametrize("options", [{}, {"loss": "last"}])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("W*h[t+1]", "h_{t+1} is read"),
        ("W*h[t-1] + u[t]*u[t]", "line 4, column"),
        ("W*(", "line 4"),
    ],
)
def test_what_is_wrong_in_the_file_of_the_cell_is_said_of_that(
    wrong: str, message: str, options: dict[str, str], tmp_path: Path
) -> None:
    cell, file = tmp_path / "mine.toml", tmp_path / "v.json"
    cell.write_text(
        f'''inputs = {{ u = "d" }}
states = {{ h = "n" }}
equations = """
h[t] = tanh(U*u[t] + {wrong})
z[t] = V*h[t]
"""
[parameters]
U = "n d"
W = "n n"
V = "m n"
''',
        encoding="utf-8",
    )
    file.write_text(json.dumps({"params": {}, "options": options}), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        values(file, str(cell), {})
    assert str(caught.value).startswith(str(cell))
    assert message in str(caught.value)


def test_a_column_may_have_its_numbers_in_rows(tmp_path: Path) -> None:
    """``W = "3 1"`` is one column: as a list of numbers, as rows of one, and as an array of rows."""
    file = tmp_path / "v.json"
    made = []
    for start in ([1, 2, 3], [[1], [2], [3]]):
        file.write_text(json.dumps(changed("s0", start)), encoding="utf-8")
        made.append(values(file, "elman", {}).initial["s"])
    assert made[0].tolist() == made[1].tolist() == [1, 2, 3]
    file.write_text(json.dumps(changed("s0", [[1], ["2"], [3]])), encoding="utf-8")
    assert "s0[1][0] is the text '2': expected a number" in said(file)
    file.write_text(json.dumps(changed("s0", [[1], 2, [3]])), encoding="utf-8")
    assert "s0[0] is a list: expected a number" in said(file)
    assert column(np.array([[1.0], [2.0]]), "b").tolist() == [1, 2]


def test_an_unknown_cell_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    with pytest.raises(UsageError, match="unknown cell"):
        values(file, "elmo", {})
    with pytest.raises(UsageError, match="no option 'initail'"):
        values(file, "elman", {"initail": "zero"})


TEXTS: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b"  \n", "is empty"),
    (b"{", "is not JSON: a key in double quotes is missing in line 1, column 2"),
    (b'{"x": [1, 2,]}', "is not JSON"),
    (b"x = 3", "is not JSON"),
    (b"[1, 2]", "holds a list: expected a JSON object"),
    (b"3", "holds the number 3: expected a JSON object"),
    (b"null", "holds null: expected a JSON object"),
    (b"\xff\xfe\x00", "neither JSON in UTF-8 nor .npz: byte 0"),
    (b'{"params": {"U": [[1]], "U": [[2]]}}', "the key 'U' stands twice in one object"),
    (b"[" * 200_000, "nested too deep"),
    (b'{"a":' * 200_000, "nested too deep"),
    (b"PK\x03\x04 and no more", "cannot be read as .npz"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), TEXTS)
def test_files_that_are_something_else(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    file.write_bytes(content)
    assert message in said(file)


def test_numbers_too_long_for_python(tmp_path: Path) -> None:
    file = tmp_path / "v.json"
    text = json.dumps(GOOD).replace("0.6]", "1" * 6000 + "]", 1)
    file.write_text(text, encoding="utf-8")
    assert "params.U[2][1] is 11111" in (message := said(file))
    assert "which float64 cannot hold: it would become infinity" in message


def test_no_file_a_folder_and_a_huge_file(tmp_path: Path, limits: None) -> None:
    assert "there is no file" in said(tmp_path / "none.json")
    assert "is a folder; expected a file" in said(tmp_path)
    assert "cannot read" in said(Path("a\0b"))
    file = tmp_path / "v.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    budgets.use(["values-bytes=100"])
    assert "expected at most 100 bytes of a file of numbers" in said(file)
    budgets.use(["values-text=100"])
    assert "(`--limit values-text=NUMBER` raises this limit)" in said(file)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("no such device")
    assert "is a device; expected a file" in said(Path("/dev/zero"))


# .npz


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


GOOD_ARRAYS = {
    **{name: np.array(value, dtype=float) for name, value in GOOD["params"].items()},
    **{name: np.array(GOOD[name], dtype=float) for name in ("x", "s0", "target")},
}

ARRAYS: list[tuple[dict[str, Any], str]] = [
    ({"W": np.ones((3, 3), dtype=bool)}, "W is an array of bool, 3 × 3: expected numbers"),
    ({"W": np.ones((3, 3), dtype=complex)}, "W is an array of complex128, 3 × 3: expected numbers"),
    ({"W": np.full((3, 3), "1")}, "expected numbers"),
    ({"W": np.ones((3, 3, 1))}, "W is an array of float64, 3 × 3 × 1: expected a list of rows"),
    ({"W": np.ones((3, 2))}, "W is 3 × 2: expected n × n, as n = 3 by U"),
    ({"W": np.array(1.0)}, "W is the number 1: expected a list of rows of numbers"),
    ({"W": np.full((3, 3), np.nan)}, "W[0][0] is nan"),
    ({"x": np.zeros((0, 2))}, "x has no rows (T = 0)"),
    ({"x": np.zeros(2)}, "x is an array of float64, 2: expected a list of rows of numbers"),
    ({"Q": np.zeros(2)}, "unknown key 'Q'"),
    ({"W.a": np.zeros(2)}, "W"),
    ({"options.activation": np.array("tahn")}, "did you mean tanh?"),
    ({"options.bias": np.array([True])}, "bias is an array of bool, 1"),
]  # fmt: skip


@pytest.mark.parametrize(("arrays", "message"), ARRAYS)
def test_arrays_that_do_not_fit(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in said(npz(tmp_path / "v.npz", **{**GOOD_ARRAYS, **arrays}))


def test_integers_and_single_precision_are_numbers(tmp_path: Path) -> None:
    arrays = {**GOOD_ARRAYS, "x": np.array(GOOD["x"]), "W": GOOD_ARRAYS["W"].astype(np.float32)}
    found = values(npz(tmp_path / "v.npz", **arrays), "elman", {})
    assert found.series["x"].dtype == found.parameters["W"].dtype == np.float64


class Trap:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, ("trapped",)


def test_nothing_in_an_npz_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arrays: dict[str, Any] = {**GOOD_ARRAYS, "W": np.array([Trap()], dtype=object)}
    assert "W is Python objects: expected numbers" in said(npz(tmp_path / "v.npz", **arrays))
    assert not (tmp_path / "trapped").exists()


def test_archives_that_promise_too_much(tmp_path: Path, limits: None) -> None:
    file = tmp_path / "v.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    assert "is larger than its data" in said(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\0" * 10**6)
    budgets.use(["values-unpacked=10000"])
    assert "unpacks to 1,000,000 bytes" in said(file)


def test_a_name_twice_in_an_archive(tmp_path: Path) -> None:
    file = tmp_path / "v.npz"
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(2))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", buffer.getvalue())
        archive.writestr("x", buffer.getvalue())
    assert "'x' stands there twice" in said(file)


# Random garbage

scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
garbage = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def survives(file: Path, cell: str = "elman") -> None:
    """See that a file is read, or refused on purpose."""
    with contextlib.suppress(DeriveError):
        values(file, cell, {})


@garbage
@given(content=st.binary(max_size=200))
def test_random_bytes(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "v"
    file.write_bytes(content)
    survives(file)


@garbage
@given(tree=trees)
def test_random_json(tree: Any, tmp_path: Path) -> None:
    file = tmp_path / "v"
    file.write_text(json.dumps(tree), encoding="utf-8")
    survives(file)


places = st.sampled_from(
    [
        "params",
        "params.U",
        "params.W",
        "params.V",
        "params.U.0",
        "params.U.0.1",
        "params.b",
        "x",
        "x.0",
        "x.1.1",
        "s0",
        "s0.2",
        "target",
        "target.0",
        "target.1.3",
        "options",
        "weights",
        "options.activation",
        "options.bias",
        "options.loss",
        "options.initial",
    ]
)


@garbage
@given(place=places, tree=trees)
def test_random_values_at_every_place(place: str, tree: Any, tmp_path: Path) -> None:
    file = tmp_path / "v"
    if tree is not None:
        file.write_text(json.dumps(changed(place, tree)), encoding="utf-8")
        survives(file)


@garbage
@given(cut=st.integers(0, 3000), at=st.integers(0, 3000), byte=st.integers(0, 255))
def test_damaged_archives(cut: int, at: int, byte: int, tmp_path: Path) -> None:
    file = npz(tmp_path / "v.npz", **GOOD_ARRAYS)
    content = bytearray(file.read_bytes())
    content[at % len(content)] = byte
    file.write_bytes(bytes(content[: max(4, len(content) - cut % 400)]))
    survives(file)


@garbage
@given(
    name=st.sampled_from(sorted(GOOD_ARRAYS)),
    shape=st.lists(st.integers(0, 3), max_size=4).map(tuple),
    kind=st.sampled_from(["f8", "f4", "i4", "?", "c8", "U3", "S2", "M8[s]", "V4", "f8,i4"]),
)
def test_random_arrays(name: str, shape: tuple[int, ...], kind: str, tmp_path: Path) -> None:
    survives(npz(tmp_path / "v.npz", **{**GOOD_ARRAYS, name: np.zeros(shape, dtype=kind)}))


@garbage
@given(content=st.binary(max_size=60) | trees.map(lambda tree: json.dumps(tree).encode()))
def test_the_commands_never_end_in_a_traceback(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(json.dumps(GOOD), encoding="utf-8")
    bad.write_bytes(content)
    for argv in (
        ["evaluate", "--values", str(bad), "--json"],
        ["compare", "--values", str(good), "--gradients", str(bad)],
    ):
        assert main(argv) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("derive: error: ")


def test_every_cell_says_what_its_file_wants(tmp_path: Path) -> None:
    from derive.catalogue import names

    file = tmp_path / "v.json"
    file.write_text("{}", encoding="utf-8")
    for name in names():
        first = load(name).parameters[0].name
        assert f"the parameter {first} is missing" in said(file, name)


def test_what_is_read_is_a_tree(tmp_path: Path) -> None:
    path = npz(tmp_path / "v.npz", **{"params.U": np.ones((1, 1)), "params/W": np.ones((1, 1))})
    tree = read(path)
    assert isinstance(tree["params"], dict)
    assert set(tree["params"]) == {"U", "W"}
