"""Faults in what a handout says is proved for every size: verdicts, marks, the table, the chapter."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from derive.document.text import Code, Ref, Text
from derive.expressions.equation import Kind
from tests.faults.fault import Change, Fault, computed, constant, instead, text

GENERAL = "derive.chapters.general"
PROVING = "derive.proving.general"
MANIFEST = "derive.publishing.manifest"

BRIEF = "run handout elman --steps 1 --detail brief --format md --out {out}"
REFUTING = "run handout lstm --steps 2 --detail brief --format md --out {out}"
TABLES = BRIEF.replace("--format", "--with checks --format")
PAGE = BRIEF.replace("--format md", "--format html")
WEIGHTED_BY_NORM = "tests/catalogue/literature/weight_normalized.toml"
OPEN = f"run handout {WEIGHTED_BY_NORM} --steps 1 --detail brief --format md --out {{out}}"

HELD = r"table \S+ does not hold what its head says"
SAID = r"which is not what is meant there"
WRITTEN = r"the manifest does not say of \S+ what is proved"
ANY = rf"{HELD}|{SAID}|{WRITTEN}|lacks the|is said only where|is True of|is False of"


def _table(change: Any) -> Change:
    """Change the rows of the table of what is proved."""
    return text(lambda table: replace(table, rows=tuple(change(list(table.rows)))))


def _row(change: Any) -> Change:
    return _table(lambda rows: [tuple(change(*row)) for row in rows])


def _named(ids: Any) -> Change:
    """Give a verdict in which other statements are left."""
    return text(lambda verdict: replace(verdict, unruled=ids, proved=verdict.total - len(ids)))


def _without_line(verdict: Any) -> Any:
    """Return a verdict of which neither the lines nor the counts tell what is left."""
    return replace(verdict, unruled=(), refused=(), proved=verdict.total)


def _first_ref(value: Any) -> Any:
    """Return a list of equations that begins with another one."""
    if isinstance(value, Text) and "first" in value.values:
        return Text(value.key, {**value.values, "first": value.values["last"]})
    if isinstance(value, Text):
        return Text(value.key, {**value.values, "a": _first_ref(value.values["a"])})
    return Ref("elman-loss-total") if isinstance(value, Ref) else value


def _said(name: str, key: str, run: str = BRIEF, **changes: Any) -> Fault:
    """Return a sentence of the chapter with other values."""

    def said(right: Any, block_key: str, values: Any = None) -> Any:
        values = dict(values or {})
        if block_key == key:
            values |= {one: change(values[one]) for one, change in changes.items()}
        return right(block_key, values)

    return Fault(name, f"{GENERAL}.Prose", instead(said), (run,), ANY)


FAULTS = (
    # The verdict
    Fault("a verdict that leaves out what is not proved", f"{PROVING}.judged", text(_without_line),
          (OPEN,), ANY),
    Fault("a verdict that says of a gradient that it is not proved", f"{PROVING}.judged",
          _named((("elman-grad-W", "no rule"),)), (BRIEF,), ANY),
    Fault("a verdict with other counts in its lines", f"{PROVING}.judged",
          text(lambda verdict: replace(verdict, said=(
              "50 of 50 statements proved, for every T and every size",))), (BRIEF,), ANY),
    Fault("a verdict without lines", f"{PROVING}.judged",
          text(lambda verdict: replace(verdict, said=verdict.said[:-1])), (OPEN,), ANY),
    Fault("a certificate of another network in a handout", f"{PROVING}.text_of",
          text(lambda made: made.replace('"elman"', '"irnn"')), (BRIEF,),
          rf"{ANY}|the certificate of \w+ is not what it must be"),
    Fault("a certificate without a gradient", "derive.proving.certificate.general",
          text(lambda found: [one for one in found if not one.id.endswith("-grad-W")]), (BRIEF,),
          rf"{ANY}|the certificate of \w+ is not what it must be"),
    Fault("statements from the second step on in a handout", "derive.proving.certificate.statement",
          text(lambda one: {**one, "for": [t.replace("=1..", "=2..") for t in one["for"]]}), (BRIEF,),
          rf"{ANY}|the certificate of \w+ is not what it must be"),
    # What is said to be proved
    Fault("all equations are said to be proved", f"{PROVING}.GeneralProof.proves",
          constant(lambda self, equation: True), (BRIEF,), ANY),
    Fault("no equation is said to be proved", f"{PROVING}.GeneralProof.proves",
          constant(lambda self, equation: False), (BRIEF,), ANY),
    Fault("what is stated is said to be proved", f"{PROVING}.GeneralProof.proves",
          constant(lambda self, equation: self.states(equation)), (OPEN,), ANY),
    Fault("a proof that is always whole", f"{PROVING}.GeneralProof.whole",
          constant(property(lambda self: True)), (OPEN,), ANY),
    Fault("a proof that is never whole", f"{PROVING}.GeneralProof.whole",
          constant(property(lambda self: False)), (BRIEF,), ANY),
    # The table
    Fault("columns of what is proved exchanged", f"{GENERAL}._obligations",
          _row(lambda where, about, proved, others: (where, about, others, proved)), (BRIEF,), ANY),
    Fault("a chapter that is left out of what is proved", f"{GENERAL}._obligations",
          _table(lambda rows: rows[1:]), (BRIEF,), ANY),
    Fault("a chapter that stands twice in what is proved", f"{GENERAL}._obligations",
          _table(lambda rows: [rows[0], *rows]), (BRIEF,), ANY),
    Fault("chapters in each other's place", f"{GENERAL}._obligations",
          _table(lambda rows: [(rows[1][0], *rows[0][1:]), (rows[0][0], *rows[1][1:]), *rows[2:]]),
          (BRIEF,), ANY),
    Fault("a chapter that is called as another", f"{GENERAL}._obligations",
          _table(lambda rows: [(rows[0][0], rows[1][1], *rows[0][2:]), *rows[1:]]), (BRIEF,), ANY),
    Fault("a range of proved equations that begins later", f"{GENERAL}._obligations",
          _row(lambda where, about, proved, others: (where, about, _first_ref(proved), others)),
          (BRIEF,), ANY),
    Fault("equations that are nowhere in what is proved", f"{GENERAL}._obligations",
          _row(lambda where, about, proved, others: (where, about, proved, "")), (BRIEF,), ANY),
    Fault("a refuted formula among what was checked on numbers", f"{GENERAL}.Kind",
          constant(SimpleNamespace(REFUTED=None, IDENTITY=Kind.IDENTITY)), (REFUTING,), ANY),
    Fault("an assumption that is left out", f"{GENERAL}._assumed",
          text(lambda found: [replace(one, rows=one.rows[:3]) for one in found]), (BRIEF,), ANY),
    Fault("an assumption that stands twice", f"{GENERAL}._assumed",
          text(lambda found: [replace(one, rows=(*one.rows, one.rows[0])) for one in found]),
          (BRIEF,), ANY),
    # Sentences
    _said("more statements that are proved", "prose.general.intro", proved=lambda n: n + 1),
    _said("fewer statements", "prose.general.intro", stated=lambda n: n - 1),
    _said("a command for another network", "prose.general.self",
          write=lambda code: Code(code.text.replace("elman", "lstm"))),
    _said("a command that checks something else", "prose.general.self",
          check=lambda code: Code(code.text.replace("certificate", "elman"))),
    _said("others that are not proved", "prose.general.unproved", OPEN,
          equations=lambda value: Ref("weight_normalized-grad-V")),
    Fault("a line of the induction that is left out", f"{GENERAL}._induction",
          text(lambda found: list(found)[1:]), (BRIEF,), ANY),
    Fault("a product of other step Jacobians", f"{GENERAL}.through",
          text(lambda one: replace(one, sides=(one.sides[0], 2 * one.sides[1]))), (BRIEF,),
          rf"{ANY}|failed its check"),
    Fault("losses that are added up from the wrong step", f"{GENERAL}.split",
          text(lambda one: replace(one, sides=(one.sides[0], one.sides[0] + one.sides[0]))), (BRIEF,),
          rf"{ANY}|failed its check"),
    Fault("the algorithm is not said to be proved",
          "derive.chapters.facts.facts.FACTS[algorithm-proved]", constant(lambda f: False), (BRIEF,),
          ANY),
    # The table of checks, the manifest, and the notes of a page
    Fault("methods without what is proved", "derive.chapters.closing.method_of",
          constant(lambda check, proved: Text(f"method.{check.method}")), (TABLES,), ANY),
    Fault("methods that are all proved", "derive.chapters.closing.method_of",
          constant(lambda check, proved: Text(
              "method.proved", {"method": Text(f"method.{check.method}")})), (TABLES,), ANY),
    Fault("a report that is all proved", "derive.chapters.report.Report.proved",
          computed(lambda found: found | {"elman-step-1-s"}), (TABLES,), ANY),
    Fault("a manifest in which all is proved", f"{MANIFEST}._entry",
          text(lambda entry: {**entry, "proved": "for every T and every size"}), (BRIEF,), ANY),
    Fault("a manifest in which nothing is proved", f"{MANIFEST}._entry",
          text(lambda entry: {k: v for k, v in entry.items() if k != "proved"}), (BRIEF,), ANY),
    Fault("the digest of another certificate", f"{MANIFEST}._certificate",
          text(lambda made: {**made, "sha256": "0" * 64}), (BRIEF,), ANY),
    Fault("a manifest with more that is proved", f"{MANIFEST}._certificate",
          text(lambda made: {**made, "proved": made["proved"] + 1}), (BRIEF,), ANY),
    Fault("notes beside equations that are all proved", "derive.publishing.checknotes._said",
          instead(lambda right, entry, seed: right({**entry, "proved": ""}, seed)), (PAGE,),
          r"is not what|does not say|is printed|\bcheck"),
)  # fmt: skip
