"""Faults in tables: their numbers, their columns, and what they say of the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Tuple

from derive.document.plot import Bars
from derive.document.text import Bound, Number
from derive.expressions.shown import Rounded
from tests.faults.fault import Change, Fault, computed, constant, instead, text
from tests.faults.omitted import edited

EXAMPLE = "derive.chapters.example"
NETWORK = "derive.chapters.network"
CLOSING = "derive.chapters.closing"
FLOW = "derive.chapters.flow"
REMEDIES = "derive.chapters.remedies"
CONTRIBUTIONS = "derive.gradientflow.contributions"
TRUNCATION = "derive.gradientflow.truncation"

HOLDS = r"table \S+ does not hold what its head says|failed its check at"
COUNTED = r"what was proved is not what is counted"
SPREAD = r"does not say of the contributions what they are"
SAID = r"a formula of \S+ is not printed as it was checked"


def _made(name: str, document: str, target: str, make: Change, refusal: str = HOLDS) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _rows(change: Any) -> Change:
    """Change the rows of a finished table."""
    return text(lambda table: replace(table, rows=tuple(change(table.rows))))


def _cells(change: Any) -> Change:
    return _rows(lambda rows: [tuple(change(row)) for row in rows])


def _written(change: Any) -> Change:
    """Change the cells of all tables on their way into a document."""
    return instead(
        lambda right, self, block: right(
            self, replace(block, rows=tuple(tuple(change(row)) for row in block.rows))
        )
    )


def _digits(cell: Any) -> Any:
    """Return a cell with another digit."""
    if not isinstance(cell, Rounded):
        return cell
    return Rounded([[t.replace("2", "3", 1) for t in row] for row in cell.texts], cell.digits)


def _exchanged(one: str, other: str) -> Change:
    """Give one word for the other, and the other way round."""
    return text(lambda found: {one: other, other: one}.get(found, found))


def _each(key: str, by: object) -> Change:
    """Put something else under a key of each row."""
    return text(lambda rows: [{**row, key: by} for row in rows])


MEMORY = "lstm-2/network,memory"
PROOF = "elman-1/network,proof"
FORWARD = f"{EXAMPLE}.forward_table"
VIEW = "derive.render.page.view._Looking._table"

MEMORY_NORMS = r"memory-norms does not show the runs|table memory-runs does not hold"

FAULTS = (
    _made("columns of the forward pass exchanged", "elman-2/example", FORWARD,
          _cells(lambda row: (row[0], row[2], row[1], *row[3:]))),
    _made("the forward pass of another step", "elman-2/example", FORWARD,
          _rows(lambda rows: [(a[0], *b[1:]) for a, b in zip(rows, rows[::-1], strict=True)])),
    _made("a digit of the forward pass", "elman-2/example", FORWARD,
          _cells(lambda row: [_digits(cell) for cell in row])),
    _made("heads of the forward pass exchanged", "elman-2/example", FORWARD,
          text(lambda table: replace(table, header=(table.header[0], *table.header[:0:-1])))),
    _made("decimals cut off instead of rounded", "elman-2/example", f"{EXAMPLE}.decimals",
          instead(lambda right, values, places: right(values - 0.5 * 10.0**-places, places))),
    _made("decimals of the negative", "elman-2/example", f"{EXAMPLE}.decimals",
          instead(lambda right, values, places: right(-values, places))),
    _made("parameters beside another's numbers", "lstm-1/example", f"{EXAMPLE}._parameter_table",
          _rows(lambda rows: [(a[0], b[1], *a[2:]) for a, b in
                              zip(rows, [*rows[1:], rows[0]], strict=True)])),
    _made("shapes turned round", "elman-2/network", f"{NETWORK}._shape",
          text(lambda shape: Tuple(*reversed(shape)))),
    _made("symbol and meaning exchanged", "elman-2/network", f"{NETWORK}._symbol_rows",
          text(lambda rows: [(b, a, c) for a, b, c in rows])),
    _made("the shape of another symbol", "elman-2/network", f"{NETWORK}._symbol_rows",
          text(lambda rows: [(a, b, x[2]) for (a, b, _), x in
                             (lambda r: zip(r, [*r[1:], r[0]], strict=True))(list(rows))])),
    _made("a bound that is too small in the table of checks", "elman-2/checks", f"{CLOSING}._error",
          text(lambda found: Bound(found.value * 1e-9) if isinstance(found, Bound) else found)),
    _made("the places of another check", "elman-2/checks", f"{CLOSING}.Ref",
          instead(lambda right, target: right("elman-forward-a")),
          rf"{HOLDS}|is not what is meant there"),
    _made("kinds of checks mistaken", "elman-2/checks", f"{CLOSING}.Text",
          instead(lambda right, key, *more: right(key.replace("kind.identity", "kind.definition"),
                                                  *more))),
    _made("norms of another lag", "elman-2/flow", "derive.chapters.flow.require_curves",
          instead(lambda right, table, plot, lag: right(replace(table, rows=tuple(
              (row[0], replace(row[1], value=2 * row[1].value), *row[2:])
              for row in table.rows)), plot, lag))),
    _made("norm and bound exchanged", "elman-2/flow", "derive.chapters.flow.require_curves",
          instead(lambda right, table, plot, lag: right(replace(table, rows=tuple(
              (row[0], row[2], row[1], *row[3:]) for row in table.rows)), plot, lag))),
    *(
        Fault(name, VIEW, make, (f"write elman-2 {form}",), SAID)
        for form in ("latex", "markdown")
        for name, make in (
            (f"cells of tables in reverse order, in {form}", _written(lambda row: row[::-1])),
            (f"an entry of a table written twice, in {form}",
             _written(lambda row: (row[1], *row[1:]))),
            (f"another digit in a table, in {form}",
             _written(lambda row: [_digits(cell) for cell in row])),
        )
    ),
    # Contributions by their lag.
    *(_made(name, "elman-2/flow", target, make, SPREAD) for name, target, make in (
        ("shares off by a thousandth", f"{CONTRIBUTIONS}.Contributions.share",
         text(lambda found: 1.001 * found)),
        ("shares of one contribution less", f"{CONTRIBUTIONS}.Contributions.share",
         instead(lambda right, self, last: right(self, last - 1))),
        ("what is missing, of one contribution more", f"{CONTRIBUTIONS}.Contributions.missing",
         instead(lambda right, self, last: right(self, last + 1))),
        ("norms of the contributions in reverse order", f"{CONTRIBUTIONS}.Contributions.norms",
         computed(lambda found: found[::-1])),
        ("norms of a row of each contribution", f"{CONTRIBUTIONS}.Contributions.norms",
         lambda right: property(lambda self: np.abs(self.terms).max(axis=(1, 2)))),
        ("bars of the step after", f"{FLOW}._contribution_plot", text(lambda plot: replace(
            plot, panels=tuple(replace(p, items=tuple(
                replace(i, heights=(*i.heights[1:], i.heights[0])) if isinstance(i, Bars) else i
                for i in p.items)) for p in plot.panels)))),
        ("the whole gradient in a sentence doubled", f"{FLOW}.Prose", instead(
            lambda right, key, values=(): right(key, {**dict(values), "whole": Number(
                2 * dict(values)["whole"].value, 2)} if "whole" in dict(values) else dict(values)))),
    )),
    *(_made(name, document, target, make, r"the contribution of step \d+ to .* is not that of") for
      name, document, target, make in (
        ("contributions in reverse order, drawn", "elman-2/flow", f"{FLOW}.contributions",
         text(lambda found: replace(found, terms=found.terms[::-1]))),
        ("contributions of the parameter transposed", "elman-2/flow", f"{FLOW}.contributions",
         text(lambda found: replace(found, terms=found.terms.swapaxes(1, 2)))),
        ("contributions of a gated network doubled", "minimal_gated-2/network,flow",
         "derive.chapters.ownflow.contributions",
         text(lambda found: replace(found, terms=2 * found.terms))),
        ("a contribution that a truncation has twice", "elman-2/truncated", f"{REMEDIES}.truncation",
         text(lambda found: replace(found, terms=(*found.terms[:-1], 2 * found.terms[-1])))),
    )),
    *(_made(name, f"elman-2/{chapter}", target, make, SPREAD) for name, chapter, target, make in (
        ("windows of one step more", "truncated", f"{TRUNCATION}.Truncation.window",
         instead(lambda right, self, span: right(self, span + 1))),
        ("chunks that begin one step late", "truncated", f"{TRUNCATION}.Truncation.chunks",
         instead(lambda right, self, span: right(self, span + 1))),
        ("an error of truncation that is squared", "truncated", f"{TRUNCATION}.Truncation.bias",
         text(lambda found: found**2)),
        ("a cosine of the wrong sign", "clipping", f"{REMEDIES}.cosine", text(lambda found: -found)),
        ("entries clipped at half the limit", "clipping", f"{REMEDIES}.by_element",
         instead(lambda right, gradient, limit: right(gradient, limit / 2))),
    )),
    _made("measured Jacobians of a gated network transposed", "minimal_gated-2/network,flow",
          "derive.gradientflow.measure.Flow.jacobians", computed(lambda found: [J.T for J in found]),
          r"are not those of the forward pass"),
    _made("norms of a block that are too large", MEMORY,
          "derive.gradientflow.gated.GatedRun.log_block", text(lambda found: found + 0.3),
          r"are not those of the forward pass"),
    _made("norms of a product of blocks that are halved", MEMORY,
          "derive.gradientflow.gated.GatedRun.log_block_product", text(lambda found: found * 0.5),
          r"are not those of the forward pass"),
    _made("norms of gated networks that are drawn squared", MEMORY,
          "derive.chapters.figures.readymade._logs",
          text(lambda found: tuple(2 * value for value in found)), MEMORY_NORMS),
    # What each symbol is said to be.
    *(_made(name, f"{cell}/network", f"{NETWORK}.{target}", _exchanged(a, b))
      for name, cell, target, a, b in (
          ("input and recurrent weights exchanged", "elman-2", "role_among_all", "input",
           "recurrent"),
          ("output weights that are recurrent", "elman-2", "role_among_all", "output", "recurrent"),
          ("a bias that is said to scale", "lstm-2", "role_among_all", "bias", "elementwise"),
          ("states and pre-activations exchanged", "elman-2", "series_role", "state",
           "pre_activation"),
          ("states that are gates", "gru-2", "series_role", "gate", "state"),
          ("gates that are pre-activations", "gru-2", "series_role", "gate", "pre_activation"),
          ("an input that is the target", "elman-2", "series_role", "input", "target"),
          ("a loss of one step that is the total", "elman-2", "series_role", "loss", "total"),
      )),
    *(_made(name, f"{cell}/network", f"{NETWORK}._symbol_rows.__code__", edited(f'"symbol.{a}"',
                                                                             f'"symbol.{b}"'))
      for name, cell, a, b in (
          ("a total loss that is of one step", "elman-2", "total", "loss"),
          ("a total loss that is a constant", "elman-2", "total", "constants"),
          ("a constant that is the total loss", "leaky-2", "constant", "total"),
          ("a constant that has several numbers", "leaky-2", "constant", "constants"),
      )),
    # Proofs.
    _made("one entry too many proved", PROOF, "derive.checks.proof.Proof.entries",
          computed(lambda found: found + 1), COUNTED),
    _made("entries of a proof that are counted twice", PROOF, "derive.chapters.proof.prove",
          text(lambda made: replace(made, proved=tuple(
              replace(one, entries=2 * one.entries) for one in made.proved))), COUNTED),
    *(Fault(f"{name} in the manifest", "derive.publishing.manifest._proofs", _each(key, by),
            (f"write {PROOF} markdown",), r"the manifest does not say|is not printed as it was")
      for name, key, by in (("entries of a proof", "entries", 7), ("steps of a proof", "steps", 9),
                            ("gradients of a proof", "gradient", "∇[W] L"),
                            ("sizes of a proof", "sizes", {"d": 3}))),
    # What stands above columns, in brackets beside cells, and what counts.
    *(_made(f"heads in another order: {module}", document, f"derive.chapters.{module}.heads",
            instead(lambda right, table, *columns: right(table, *columns[::-1])),
            r"table \S+ does not have the heads of its columns")
      for module, document in (("glossary", "elman-1"), ("network", "elman-1"),
                               ("closing", "elman-1/checks"),
                               ("gradients", "gru-1"))),
    # With hardly a budget nothing is proved for every size, and the proof for small ones has its table.
    Fault("heads in another order: proof", "derive.chapters.proof.heads",
          instead(lambda right, table, *columns: right(table, *columns[::-1])),
          ("run handout elman --steps 1 --with checks --limit certificate-terms=1 --format md "
           "--out {out}",), r"table \S+ does not have the heads of its columns"),
    _made("a head for another", "elman-1", "derive.chapters.glossary.heads",
          instead(lambda right, table, *columns: right(table, *columns[:-1], "equation")),
          r"table \S+ does not have the heads of its columns"),
    *(_made(f"a paper of another cell: {keys}", "elman-1", f"{NETWORK}.own_papers",
            constant(lambda c, keys=keys: keys),
            r"says 'prose\.network\.papers' with .* not what is meant")
      for keys in (("jordan1997",), ("elman1990", "jordan1997"))),
    _made("papers that are not named", "elman-1", f"{NETWORK}.own_papers", constant(lambda c: ()),
          r"does not say from which papers"),
    *(_made(f"a form of a number that is not its own: {form}", document,
            "derive.document.language.category", constant(lambda code, number, form=form: form),
            r"has a sentence in a wrong form")
      for form, document in (("other", "elman-1"), ("one", "elman-2"))),
    _made("the forms of one and of many exchanged", "elman-2", "derive.document.language.Language.forms",
          text(lambda forms: dict(zip(forms, [*forms.values()][::-1], strict=True))),
          r"has a sentence in a wrong form"),
)  # fmt: skip
