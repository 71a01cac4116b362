"""What studies say: the signs they use, the texts they cite, and of measurements what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.chapters import remedies, signs
from derive.chapters.learning import guessed, learning
from derive.chapters.references import references
from derive.chapters.studies import flow_document, learning_document
from derive.document.blocks import Bullets, Document, FigureBlock, Prose, TableBlock
from derive.document.conditions import said
from derive.document.plot import Curve, Plot
from derive.document.text import Number
from derive.errors import CheckError
from derive.gradientflow.learning import METHODS, Outcome
from derive.gradientflow.outcomes import require_farthest, require_limit
from derive.publishing import plotted
from derive.publishing.publish import write
from derive.reading.drawings import drawn
from derive.reading.passage import Passage
from derive.render.drawing.svg import svg
from derive.render.drawing.tikz import tikz
from derive.resources import templates_root


@pytest.fixture(scope="module")
def flow() -> Document:
    return flow_document(0).document


OUTCOMES = [
    Outcome(method, steps, (share, share, share), 0)
    for steps, shares in ((5, (1.0, 1.0, 1.0)), (10, (0.3, 0.3, 0.95)), (20, (0.3, 0.3, 0.3)))
    for method, share in zip(METHODS, shares, strict=True)
]


def keys(document: Document) -> list[str]:
    return [key for key, _ in said(document.blocks)]


def test_no_sentence_types_a_year_of_a_text() -> None:
    text = (templates_root() / "lang" / "en.toml").read_text("utf-8")
    assert not re.findall(r"\b(?:19|20)\d\d\b", text), "cite texts by references.toml"


def test_all_cited_texts_are_listed(flow: Document) -> None:
    cited = {v for _, values in said(flow.blocks) for v in values.values() if isinstance(v, str)}
    shorts = {one.short: one.text for one in references().values() if one.short in cited}
    listed = [i for b in flow.blocks if isinstance(b, Bullets) for i in b.items]
    entries = {i.values["text"] for i in listed if i.key == "prose.references.entry"}
    assert entries == {*shorts.values()}
    assert len(entries) >= 3


def test_no_two_rows_of_experiments_are_of_one_run(flow: Document) -> None:
    (table,) = [b for b in flow.blocks if isinstance(b, TableBlock) and b.id == "all-experiments"]
    settings = [str(row[:6]) for row in table.rows]
    assert len(settings) == len({*settings})


def test_each_document_says_what_it_uses_and_no_more(flow: Document) -> None:
    short = learning_document(0, OUTCOMES).document
    assert "prose.conventions.copy" in keys(flow)
    assert "prose.signs.lagged" in keys(flow)
    assert "prose.network.step_jacobian" in keys(flow)
    for key in ("copy", "immediate"):
        assert f"prose.conventions.{key}" not in keys(short)
    assert "prose.network.step_jacobian" not in keys(short)
    assert "prose.signs.bracket" in keys(short)


@pytest.mark.parametrize(
    "sign", ["prose.signs.ones", "prose.conventions.gradient", "prose.signs.bracket"]
)
def test_a_sign_that_is_not_introduced_is_refused(
    sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(signs.SIGNS, sign, lambda node: False)
    with pytest.raises(CheckError, match=f"document learning uses .* does not say '{sign}'"):
        learning_document(0, OUTCOMES)


@pytest.mark.parametrize("sign", ["prose.signs.quotient", "prose.conventions.copy"])
def test_a_sign_that_is_not_used_is_refused(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(signs.SIGNS, sign, lambda node: True)
    with pytest.raises(CheckError, match=f"document learning does not use .* says '{sign}'"):
        learning_document(0, OUTCOMES)


def test_of_training_it_is_said_what_was_measured() -> None:
    blocks = learning(0, OUTCOMES)[1]
    (limit,) = [b for b in blocks if isinstance(b, Prose) and b.key == "prose.learning.limit"]
    assert limit.values == {"steps": 20, "learnt": 0, "seeds": 3}
    found = {(o.method.name, o.steps): o.accuracies for o in OUTCOMES}
    for wrong in ({"steps": 10}, {"learnt": 1}, {"seeds": 5}):
        with pytest.raises(CheckError, match="what came out"):
            require_limit({**limit.values, **wrong}, found, "orthogonal")
    require_farthest({"far": 20, "rest": 0}, found, "orthogonal")
    for wrong in ({"far": 10, "rest": 3}, {"far": 20, "rest": 1}):
        with pytest.raises(CheckError, match="what came out"):
            require_farthest(wrong, found, "orthogonal")


def test_the_farthest_limit_and_shares_below_guessing_are_said_where_they_occur() -> None:
    orthogonal = METHODS[-1]
    far = [Outcome(orthogonal, 10, (0.95, 0.95, 0.3), 0), Outcome(orthogonal, 20, (0.02,) * 3, 0)]
    outcomes = [o for o in OUTCOMES if o.method != orthogonal or o.steps == 5] + far
    document = learning_document(0, outcomes).document
    said_ = dict(said(document.blocks))
    assert said_["prose.learning.limit_farthest"]["rest"] == 0
    assert said_["prose.learning.below"]["least"] == Number(2.0, 2)
    assert "prose.learning.below" not in keys(learning_document(0, OUTCOMES).document)


ONCE = [
    Outcome(method, 20, (share,), 0) for method, share in zip(METHODS, (0.3, 0.3, 0.8), strict=True)
]


def test_one_network_over_one_length_is_written(tmp_path: Path) -> None:
    write(learning_document(0, ONCE), ("md",), tmp_path)
    text = (tmp_path / "learning.md").read_text("utf-8")
    assert "each with one seed" in text
    assert "learnt with 0 of 1 seed." in text


@pytest.mark.parametrize("draw", [svg, tikz])
def test_on_an_axis_with_one_number_all_else_is_misplaced(draw: Callable[..., str]) -> None:
    (plot,) = (b.figure for b in learning(0, ONCE)[1] if isinstance(b, FigureBlock))
    assert isinstance(plot, Plot)
    (panel,) = plot.panels
    elements = drawn(Passage(draw(plot, str), "shares"))
    assert not [*plotted.misdrawn(plot, elements, str)]
    last = panel.items[-1]
    assert isinstance(last, Curve)
    for other in (replace(last, x=(21.0,)), replace(last, y=(70.0,))):
        moved = (*panel.items[:-1], other)
        wanted = replace(plot, panels=(replace(panel, items=moved),))
        assert [*plotted.misdrawn(wanted, elements, str)]


def test_guessing_seldom_leaves_the_span_that_is_said() -> None:
    low, high = guessed(200, 4)
    shares = np.random.default_rng(0).binomial(200, 0.25, size=20_000) / 200
    assert np.mean((shares >= low) & (shares <= high)) == pytest.approx(0.95, abs=0.02)


def _other_median(right: Any) -> Any:
    return lambda runs, lag: 2 * right(runs, lag)


def test_a_median_that_was_not_measured_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "_median", _other_median(vars(remedies)["_median"]))
    with pytest.raises(CheckError, match=r"prose\.remedies\.initial_"):
        flow_document(0)


def test_what_is_said_of_initial_weights_follows_from_the_numbers(flow: Document) -> None:
    found = [v for k, v in said(flow.blocks) if k == "prose.remedies.initial_alike"]
    (values,) = found
    low, middle, high = (values[key] for key in ("low", "gaussian", "high"))
    assert isinstance(low, Number)
    assert isinstance(middle, Number)
    assert isinstance(high, Number)
    assert low.value <= middle.value <= high.value
