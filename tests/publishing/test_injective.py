"""Two quantities of a document never have one text; a document in which they would is refused."""

from __future__ import annotations

import itertools
import tempfile
import unicodedata
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derive.__main__ import main
from derive.api import latex, plain
from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.document.blocks import Display, Document, Prose
from derive.errors import DeriveError, UsageError
from derive.expressions.quantities import Parameter, Series, k, t
from derive.publishing.injective import require_injective
from derive.typesetting import notation as notations
from derive.typesetting.printing import Dialect, Printer

STEPS = 2


def written(folder: Path, state: str, extra: dict[str, str], constant: str = "") -> Path:
    """A network with a state and parameters of those names."""
    inner = " + ".join(["U*x[t]", f"W*{state}[t-1]", *(n for n, s in extra.items() if s == "n")])
    inner = f"{constant}*({inner})" if constant else inner
    path = folder / "mine.toml"
    rows = "".join(f'"{name}" = "{shape}"\n' for name, shape in extra.items())
    path.write_text(
        f'inputs = {{ x = "d" }}\nstates = {{ "{state}" = "n" }}\n'
        f'equations = """\n{state}[t] = tanh({inner})\nz[t] = V*{state}[t]\n"""\n'
        f'[parameters]\nU = "n d"\nW = "n n"\nV = "m n"\n{rows}'
        + (f'[constants]\n"{constant}" = 0.5\n' if constant else ""),
        encoding="utf-8",
    )
    return path


def document(cell: Cell) -> Document:
    blocks = tuple(map(Display, derive(cell, STEPS).equations()))
    return Document("mine", "Mine", None, "en", blocks)


@pytest.mark.parametrize(
    ("state", "extra", "both"),
    [
        ("s", {"s_1": "n"}, ("s_1", "s at ")),
        ("s", {"x_t": "n"}, ("x_t", "x at t")),
        ("s", {"x_2": "n"}, ("x_2", "x at ")),
        ("s", {"alpha": "n", "α": "n"}, ("alpha", "α")),
        ("s", {"s_": "n"}, ("s", "s_")),
    ],
)
def test_names_that_print_alike_are_refused(
    state: str,
    extra: dict[str, str],
    both: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path, state, extra)
    out = tmp_path / "out"
    assert main(["handout", str(path), "-T", "2", "--format", "md", "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert all(name in err for name in both), err
    assert not out.exists() or not list(out.glob("[!.]*"))


def test_a_notation_may_print_two_states_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { s = "n", h = "n" }\nequations = """\n'
        "h[t] = tanh(P*h[t-1] + Q*s[t-1])\ns[t] = tanh(U*x[t] + W*h[t])\nz[t] = V*s[t]\n"
        '"""\n[parameters]\nU = "n d"\nW = "n n"\nP = "n n"\nQ = "n n"\nV = "m n"\n',
        encoding="utf-8",
    )
    argv = ["handout", str(path), "-T", "2", "--format", "md", "--out", str(tmp_path / "out")]
    assert main([*argv, "--notation", "goodfellow"]) == 2
    err = capsys.readouterr().err
    assert "under the notation 'goodfellow' h at t" in err
    assert "are both printed as h_{t" in err
    assert main(argv) == 0


def test_every_part_of_a_document_is_looked_at() -> None:
    s, one = Series("s", 2, 1), Parameter("s_1", 2, 1)
    beside = Document("d", "D", None, "en", (Prose("k", {"a": s[1]}), Prose("k", {"b": [one]})))
    with pytest.raises(UsageError, match="s at 1 and s_1"):
        require_injective(beside, notations.load())
    apart = Document("d", "D", None, "en", (Prose("k", {"a": s[2]}), Prose("k", {"b": one})))
    require_injective(apart, notations.load())


def test_words_do_not_run_into_their_neighbours(tmp_path: Path) -> None:
    cell = load(str(written(tmp_path, "s", {}, "Dt")))
    found = derive(cell, 1)
    texts = [latex(e) for e in found.equations()]
    assert any(r"\mathrm{Dt} \, " in text for text in texts)
    assert not any(r"\mathrm{Dt} \mathrm" in text or r"\mathrm{Dt} D" in text for text in texts)
    assert all("Dt" not in plain(e) or "Dt " in plain(e) for e in found.equations())


LETTERS = "abghsuxUW"
NAMES = st.one_of(
    st.sampled_from("s_1 s_2 x_t x_1 W_k alpha α beta β htilde hbar dt Dt s_t sbar x_ s1".split()),
    st.text(LETTERS + "012_αβδ", min_size=1, max_size=4),
    st.builds("{}_{}".format, st.sampled_from(LETTERS), st.sampled_from("012tkjT")),
)


@settings(max_examples=60, deadline=None)
@given(
    NAMES, st.lists(NAMES, min_size=1, max_size=2, unique=True), st.sampled_from(notations.names())
)
def test_random_names_are_told_apart_or_refused(
    state: str, extra: list[str], notation: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), state, dict.fromkeys(extra, "n"))
        try:
            cell = load(str(path))
            made = document(cell)
        except DeriveError:
            assume(False)
    # What the document is about, put together from the cell alone.
    given = [*cell.parameters, *cell.constants]
    series = [*cell.states, *cell.given, *(e.variable for e in cell.equations)]
    indices = [t, t - 1, k, *range(STEPS + 1)]
    every = [*given, *(s[i] for s, i in itertools.product(dict.fromkeys(series), indices))]
    alike = False
    for dialect in get_args(Dialect):
        printer = Printer(notations.load(notation), dialect)
        texts = [unicodedata.normalize("NFC", printer.text(q)) for q in every]
        alike = alike or len(set(texts)) < len(every)
    try:
        require_injective(made, notations.load(notation), (cell.name, STEPS))
    except UsageError:
        return
    assert not alike
