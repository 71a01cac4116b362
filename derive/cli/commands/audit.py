"""Tests the formulas of a text on numbers: as they are written, and as they should be.

Without a file, the claims that ship. `derive audit --example` prints a file to begin with.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.cli import arguments as common
from derive.cli import documents
from derive.cli.terminal import Terminal
from derive.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from derive.audit import Claim, Claims, Judgement

HELP = "test the formulas of a text"

JUDGED = r"(?P<count>\d+) claims, (?P<right>\d+) of them right or harmless; seed (?P<seed>\d+)"
"""What is remarked of them, as it is read back."""

EXAMPLE = """\
# The claims of a text.  Test them with: derive audit notes.toml
source = "Lecture notes, week 5"

[texts.notes]             # optional: the texts that are quoted, each with an id of its own
title = "Recurrent networks"
by = "Week 5 of a course"
link = "https://example.org/notes/5"

[defaults]
cell = "elman"            # derive list shows the cells and their quantities
activation = "tanh"
T = 3                     # the number of steps

[[claim]]
id = "output-weights"
text = "notes"            # optional: the text that says so
place = "(7)"             # where it stands
kind = "slip"             # optional: slip, misconception, or control for what is right
says = "The gradient by V is the residual times the state."
quote = "dV = d h"        # optional: as it stands there
where = { residual = "o[3] - y[3]" }              # optional: names that the formulas below use
written = "grad(L[3], V) = residual*s[3]"
right = "grad(L[3], V) = residual*s[3]'"          # optional
explanation = "The state must be transposed."

[[claim]]
id = "step-jacobian"
place = "(9)"
says = "The step Jacobian."
written = "d(s[t])/d(s[t-1]) = W*diag(1 - s[t] .* s[t])"
right = "d(s[t])/d(s[t-1]) = diag(1 - s[t] .* s[t])*W"
for = "t=1..T"
condition = "W is a multiple of the identity"
explanation = "The slopes belong to the rows."
[claim.when]              # the data under which the formula happens to hold
numbers = { W = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]] }

# A product is ordered: prod(j=3..2, …) has the factor of j = 3 on the left and runs down, as in
# ∂s_3/∂s_2 ∂s_2/∂s_1; prod_up(j=2..3, …) runs up.  `derive show` prints the first as Π[j=2..3].

[[claim]]
id = "chain-rule"
place = "(12)"
says = "The chain rule of backpropagation through time."
[[claim.reading]]         # a formula that can be read in several ways
name = "immediate partials in the last factor"
written = "d(L[3])/d(W) = sum(k=1..3, d(L[3])/d(s[3]) * d(s[3])/d(s[k]) * d+(s[k])/d(W))"
[[claim.reading]]
name = "total derivatives in the last factor"
written = "d(L[3])/d(W) = sum(k=1..3, d(L[3])/d(s[3]) * d(s[3])/d(s[k]) * d(s[k])/d(W))"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the file and what comes out."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a TOML file of claims")
    parser.add_argument("--example", action="store_true", help="print a file to begin with")
    common.add_limits(parser)
    common.add_seed(parser)
    common.add_json(parser, "the verdicts")
    common.add_document(parser, formats="")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the verdicts, or write the document; 1 if a correction does not hold."""
    asked = terminal.asked
    if args.example:
        asked.require_there("example", True)
        asked.refuse(("seed", "json", "format", "lang"), "--example prints a file alone")
        documents.unwritten(terminal)
        if asked.words:
            raise UsageError("--example prints a file alone: leave it out, or the file")
        from derive.publishing.fixed import require_example

        with terminal.read_back(require_example):
            terminal.say(EXAMPLE.rstrip("\n"))
        return 0
    terminal.progress("loading")
    from derive.audit import judge, shipped, user_claims

    given = shipped() if args.file is None else (user_claims(args.file),)
    if args.format:
        return _write(args, given, terminal)
    documents.unwritten(terminal)
    judged = []
    for claims in given:
        for claim in claims.claims:
            terminal.progress(f"claim {claim.id}")
            judged.append((claims, judge(claim, args.seed)))
    terminal.clear()
    from derive.cli import claimed, jsonback
    from derive.cli.written import require_remark

    claimed.require_asked(asked, given, judged)
    if args.json:
        asked.refuse(("lang",), "what is for programs has no words of a language")
        sources = [(claims.source or claims.name, finding) for claims, finding in judged]
        with terminal.read_back(
            lambda lines: jsonback.require_claims(
                lines, sources, args.seed, claimed.require_formula
            )
        ):
            _print_json(judged, args, terminal)
        return 0
    language = asked.given("lang") or "en"
    asked.compared("lang")
    with terminal.read_back(lambda lines: claimed.require_claims(lines, judged, language)):
        for claims, finding in judged:
            _print(claims, finding, args, terminal)
    right = sum(finding.verdict.value in ("right", "harmless") for _, finding in judged)
    holding = sum(one.written.trial.holds for _, one in judged if one.verdict.value != "convention")
    terminal.remark(
        f"{len(judged)} claims, {right} of them right or harmless; seed {args.seed}",
        lambda line: require_remark(
            line, JUDGED, count=len(judged), right=holding, seed=asked.meant("seed")
        ),
    )
    return 0


def _write(args: argparse.Namespace, given: tuple[Claims, ...], terminal: Terminal) -> int:
    from derive.chapters.studies import audit_document
    from derive.cli import claimed

    terminal.asked.refuse(("json",), "a document is written")
    terminal.asked.compared("format")
    claimed.require_asked(terminal.asked, given, [])
    documents.ready("audit", args, terminal)
    handout = audit_document(
        args.seed,
        None if args.file is None else given[0],
        title=args.title,
        author=args.author,
        language=args.lang,
        progress=terminal.progress,
    )
    written = documents.write(handout, args, terminal)
    displayed = len(handout.document.equations())
    terminal.remark(
        f"{displayed} formulas displayed and tested, seed {args.seed}", written.require_counts
    )
    return 0


def _print(
    claims: Claims, finding: Judgement, args: argparse.Namespace, terminal: Terminal
) -> None:
    from derive.typesetting.printing import plain

    claim = finding.claim
    good = finding.verdict.value in ("right", "harmless")
    say = _speaker(args.lang)
    found = say(f"verdict.audit.{finding.verdict.value}")
    mark = terminal.paint(found, "good" if good else "bad")
    terminal.say(f"{claim.place + ' ' if claim.place else ''}{claim.id}: {mark}")
    terminal.say(f"    {_words(claims, claim, 'says', say)}")
    for line in _told(claim):
        terminal.say(f"    {line}")
    tested = {"written": finding.written} if not finding.readings else finding.readings
    for name, one in tested.items():
        how = "" if one.trial.holds else f"   [{_size(one.trial)}]"
        equation = one.equation if finding.readings else finding.shown.equation
        terminal.say(f"    {name}: {plain(equation)}{how}")
    if finding.verdict.value in ("conditional", "overflow"):
        terminal.say(f"    holds if: {_words(claims, claim, 'condition', say)}")
    if finding.right is not None:
        terminal.say(f"    right: {plain(finding.right.equation)}")
    explanation = _words(claims, claim, "explanation", say)
    if explanation:
        terminal.say(f"    why: {explanation}")


def _told(claim: Claim) -> Iterator[str]:
    """Yield where a claim is found, how it stands there, and what its own names stand for."""
    from derive.typesetting.printing import plain

    if claim.text is not None:
        yield "in: " + ", ".join(filter(None, (claim.text.title, claim.text.by, claim.text.link)))
    if claim.quote:
        yield f"quoted: {' '.join(claim.quote.split())}"
    for name, meaning in claim.meanings.items():
        yield f"where {name} is {plain(meaning)}"


def _size(trial: Any) -> str:
    if trial.misfit is not None:
        return str(trial.misfit)
    if trial.left is not None and trial.error != float("inf"):
        return f"{trial.left:.4g} and {trial.right:.4g} at {trial.where}"
    return f"error {trial.error:.3g} at {trial.where}"


def _speaker(code: str) -> Any:
    from derive.document.language import load
    from derive.document.text import Text
    from derive.render.page.numbering import Numbering
    from derive.render.page.plain import Plain
    from derive.render.page.words import Speaker
    from derive.typesetting.layout import PagePrinter

    speaker = Speaker(load(code), Plain(), PagePrinter(), Numbering({}))
    return lambda key: speaker.say(Text(key)) if isinstance(key, str) else speaker.say(key)


def _words(claims: Claims, claim: Any, key: str, say: Any) -> str:
    from derive.chapters.audit import word
    from derive.document.text import Text

    found = word(claims, claim, key)
    return str(say(found)) if isinstance(found, Text) else str(found)


def _print_json(
    judged: list[tuple[Claims, Judgement]], args: argparse.Namespace, terminal: Terminal
) -> None:
    from math import isfinite

    from derive.typesetting.printing import plain

    def tested(one: Any) -> dict[str, Any]:
        trial = one.trial
        return {
            "formula": plain(one.equation),
            "holds": trial.holds,
            "error": trial.error if isfinite(trial.error) else None,
            "where": trial.where,
            "left": trial.left,
            "right": trial.right if trial.right is None or isfinite(trial.right) else None,
            "misfit": trial.misfit,
        }

    rows = [
        {
            "source": claims.source or claims.name,
            "id": finding.claim.id,
            "place": finding.claim.place,
            "kind": finding.claim.kind,
            "text": None if finding.claim.text is None else finding.claim.text.title,
            "link": None if finding.claim.text is None else finding.claim.text.link,
            "verdict": finding.verdict.value,
            "written": tested(finding.written),
            "readings": {name: tested(one) for name, one in finding.readings.items()},
            "right": None if finding.right is None else tested(finding.right),
        }
        for claims, finding in judged
    ]
    terminal.json({"seed": args.seed, "claims": rows})
