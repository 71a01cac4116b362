"""Components of columns in the file of a cell: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.bptt.derivation import derive
from derive.checks.loaded import load
from derive.checks.verify import Verifier
from derive.errors import CheckError, SpecError
from derive.expressions.quantities import Parameter
from derive.formula import components
from derive.numerics.sample import sample, samples

CELL = (
    """
inputs = {{ x = 2 }}
states = {{ h = 4 }}
equations = """
    + '"""'
    + """
a[t] = U*x[t] + W*h[t-1]
g[t] = sigmoid({gate})
c[t] = tanh({candidate})
h[t] = [{kept} .* g[t]; c[t]]
z[t] = V*h[t]
"""
    + '"""'
    + """
[parameters]
U = "4 2"
W = "4 4"
V = "m 4"
"""
)


def written(
    folder: Path, gate: str, candidate: str = "a[t][3:4]", kept: str = "h[t-1][1:2]"
) -> str:
    """Return the path of a cell that reads these components."""
    path = folder / "parts.toml"
    path.write_text(CELL.format(gate=gate, candidate=candidate, kept=kept), encoding="utf-8")
    return str(path)


def test_components_are_those_of_the_column(tmp_path: Path) -> None:
    trace = sample(load(written(tmp_path, "a[t][2:3]")), 3, seed=1, zero_start=False).trace
    named = {e.variable.name: e.variable for e in trace.cell.equations}
    for step in (1, 2, 3):
        a, h = trace.value(named["a"], step), trace.value(named["h"], step - 1)
        gate = 1 / (1 + np.exp(-a[1:3]))
        assert np.allclose(trace.value(named["g"], step), gate)
        assert np.allclose(trace.value(named["h"], step), np.vstack([h[:2] * gate, np.tanh(a[2:])]))


def test_each_choice_is_one_constant(tmp_path: Path) -> None:
    cell = load(written(tmp_path, "a[t][1:2]"))
    # Components 1 and 2 are chosen twice, of a and of h.
    assert sorted(p.name for p in cell.constants) == ["E_1", "E_2"]
    rows = {p.name: value for p, value in cell.constants.items()}
    assert rows["E_1"] == [[1, 0, 0, 0], [0, 1, 0, 0]]


def test_a_name_of_the_user_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "taken.toml"
    text = Path(written(tmp_path, "a[t][1:2]")).read_text(encoding="utf-8").replace("W", "E_1")
    path.write_text(text, encoding="utf-8")
    cell = load(str(path))
    assert not {p.name for p in cell.constants} & {p.name for p in cell.parameters}


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_gradients_are_right_whatever_is_chosen(gate: int, candidate: int, kept: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        d = derive(
            load(
                written(
                    Path(folder),
                    f"a[t][{gate}:{gate + 1}]",
                    f"a[t][{candidate}:{candidate + 1}]",
                    f"h[t-1][{kept}:{kept + 1}]",
                )
            ),
            3,
        )
    verifier = Verifier(d, samples(d.cell, 3, 0))
    for p in d.cell.parameters:
        assert isinstance(p, Parameter)
        assert verifier.check(d.recursion.accumulated(p)).passed, p


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("a[t][1:5]", "expected a component from 1 to 4, found '5'"),
        ("a[t][0]", "expected a component from 1 to 4, found '0'"),
        ("a[t][3:2]", "there are no components 3 to 2"),
        ("a[t][k]", "expected a component from 1 to 4, found 'k'"),
        ("a[t][1", "this bracket is not closed"),
        ("a[t][1:]", "expected a component from 1 to 4"),
        ("W[1]", "W has one value for all steps"),
    ],
)
def test_other_components_are_refused(tmp_path: Path, gate: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(tmp_path, gate))
    assert said in str(caught.value)


def test_of_a_size_without_a_number_none_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sized.toml"
    text = Path(written(tmp_path, "a[t][1:2]", "a[t]", "h[t-1]")).read_text(encoding="utf-8")
    path.write_text(text.replace("h = 4", 'h = "n"').replace("4", "n"), encoding="utf-8")
    with pytest.raises(
        SpecError, match="a has n rows; components can be read of a column whose size"
    ):
        load(str(path))


def test_components_that_are_misread_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text is evaluated a second time, by a reader that knows nothing of the first."""
    right = components._component
    monkeypatch.setattr(components, "_component", lambda p, size: max(right(p, size) - 1, 1))
    with pytest.raises(CheckError, match=r"the equation of \w+\[t\] was not understood"):
        load(written(tmp_path, "a[t][2:3]", "a[t][3:4]", "h[t-1][3:4]"))
