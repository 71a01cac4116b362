"""Notebooks: the commands, what they show, and the example from its first cell to its last."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import nbformat
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient

from derive.errors import CheckError
from derive.jupyter import line
from derive.jupyter.magics import BpttMagics
from derive.jupyter.reading import require_typed
from derive.jupyter.shown import Shown

EXAMPLE = Path(__file__).parents[2] / "examples" / "notebook" / "bptt.ipynb"

OWN = """
inputs = { x = "d" }
states = { s = "n" }
equations = '''
s[t] = tanh(U*x[t] + W*s[t-1])
z[t] = V*s[t]
'''
[parameters]
U = "n d"
W = "n n"
V = "m n"
"""


def bptt(magics: BpttMagics, line: str, cell: str | None = None) -> Shown:
    # How a decorated method is called, its types do not say.
    shown = attrgetter("bptt")(magics)(line, cell)
    assert isinstance(shown, Shown)
    return shown


@pytest.fixture
def magics() -> BpttMagics:
    return BpttMagics(InteractiveShell.instance())


def test_a_line_shows_equations(magics: BpttMagics) -> None:
    shown = bptt(magics, "elman --steps 2 --eq elman-forward-s --eq elman-grad-W-terms")
    assert [equation.id for equation in shown.equations] == [
        "elman-forward-s",
        "elman-grad-W-terms-2",
    ]
    bundle = shown._repr_mimebundle_()
    assert bundle["text/markdown"].count("$$") == 4
    assert "s_t = tanh(a_t)" in bundle["text/plain"]


def test_equations_typed_in_a_cell_are_a_network(magics: BpttMagics) -> None:
    shown = bptt(magics, "own --steps 2 --eq own-grad-W-sum", OWN)
    assert r"\sum" in shown.markdown
    # The file that it was read from is gone, the derivation stays.
    assert shown.derivation["own-forward-s"].id == "own-forward-s"


def test_what_is_kept_is_the_derivation_of_what_was_typed(magics: BpttMagics) -> None:
    shown = bptt(magics, "own --steps 2 --eq own-grad-W-sum", OWN)
    require_typed(shown.derivation, OWN)
    other = bptt(magics, "own --steps 2 --eq own-grad-W-sum", OWN.replace("tanh", "sigmoid"))
    for kept in (None, shown, shown.handout, other.derivation):
        with pytest.raises(CheckError, match="what is kept under the name"):
            require_typed(kept, OWN)


def test_pictures_are_inside(magics: BpttMagics) -> None:
    shown = bptt(magics, "elman --steps 2 --figure unrolled")
    assert "](data:image/svg+xml;base64," in shown.markdown


def test_a_figure_shows_itself(magics: BpttMagics) -> None:
    shown = bptt(magics, "elman --steps 2 --figure unrolled --eq elman-forward-s")
    (figure,) = shown.figures
    bundle = figure._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg") or "<svg" in bundle["image/svg+xml"][:200]
    assert bundle["text/plain"].startswith("unrolled: ")
    whole = bptt(magics, "elman --steps 2")
    assert {"unrolled", "paths"} <= {one.id for one in whole.figures}
    assert bptt(magics, "elman --steps 2 --eq elman-forward-s").figures == ()


def test_a_notebook_sees_how_far_a_derivation_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []

    class Line:
        def update(self, data: dict[str, str], *, raw: bool) -> None:
            lines.append(data["text/plain"])

    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    monkeypatch.setattr(line, "display", lambda *a, **k: Line())
    bptt(BpttMagics(shell), "elman --steps 2 --seed 17 --section network")
    assert "derived and checked: forward" in lines
    assert lines[-1] == ""
    # What is wrong leaves no line either.
    with pytest.raises(UsageError):
        bptt(BpttMagics(shell), "elman --eq elman-forward-q")
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("line", "cell", "problem"),
    [
        ("elmn", None, "unknown cell 'elmn'.*did you mean"),
        ("elman --eq elman-forward-q", None, "unknown equation"),
        ("elman --step 3", None, "no option --step: did you mean --steps"),
        ("class", OWN, "is 'class': expected letters and digits, and no word of Python"),
        ("own --eq own-grad-W-su", OWN, r"did you mean own-grad-W-sum[^`]*\?$"),
        ("elman --steps", None, "has no value"),
        ("elman gru", None, "one word too many"),
        ("elman --eq 'a", None, "No closing quotation"),
        ("own", OWN.replace("tanh", "tan"), "%%bptt own"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    magics: BpttMagics, line: str, cell: str | None, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        bptt(magics, line, cell)


def test_the_example_runs_from_its_first_cell_to_its_last() -> None:
    notebook = nbformat.read(EXAMPLE, as_version=4)  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in notebook.cells)
    done = NotebookClient(notebook, timeout=300).execute()
    kinds = {kind for cell in done.cells for out in cell.get("outputs", ())
             for kind in out.get("data", {})}  # fmt: skip
    assert {"text/markdown", "text/plain"} <= kinds
