"""A document that is about to be put in place, held against the words of the command line."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from derive.cli.asked import CommandLine
from derive.cli.same import require_same
from derive.errors import CheckError

if TYPE_CHECKING:
    from derive.checks.verify import Verifier
    from derive.publishing.publish import Staged

FORMATS = {"html": ".html", "latex": "-tex/", "markdown": ".md", "pdf": ".pdf"}
"""How the names of the files of a format go on behind the id of the document."""

SAME = {"md": "markdown", "tex": "latex"}
"""Formats by the endings of their files."""

DIALECTS = {
    "github": r"^```math$", "myst": r"^```\{math\}$", "mkdocs": r" \\tag\{\d+\}$",
    "common": r" \\qquad\\text\{\(\d+\)\}$",
}  # fmt: skip
"""What stands in the displayed equations of a dialect of Markdown, and in none below it."""

GIVEN = {"prose.example.given", "prose.matrices.example_given"}
"""The sentences that begin an example on numbers that were given."""

CHAPTERS = {
    "proofs": "proofs", "experiments": "landscape", "remedies": "remedies", "audit": "audit",
    "checks": "all-checks",
}  # fmt: skip
"""What stands in a handout, by its id, that has a further chapter."""

MANY = 4
"""How many sums over the uses of parameters stand in a handout that is not in full detail."""


class WrittenDocument:
    """What is to be written, once it was compared with what was asked for.

    Of a handout ``network`` is whether its network was named by the command line.
    """

    def __init__(self, asked: CommandLine, network: bool = False) -> None:
        self.asked, self.network = asked, network
        self.displayed = self.checked = 0

    def __call__(self, staged: Staged) -> None:
        """Raise a `CheckError` unless a document is the one that was asked for."""
        asked, content = self.asked, staged.content
        asked.require("seed", content["seed"])
        asked.require("notation", content["notation"])
        asked.require("lang", content["language"])
        asked.require("author", staged.handout.document.author)
        title = staged.handout.document.title
        # A title of ours is a sentence, which is read elsewhere.
        asked.require("title", title if isinstance(title, str) else None)
        asked.require("out", None if asked.given("out") is None else staged.out)
        if asked.given("out") is None:
            require_same("the folder", str(staged.out), "output")
        if self.network:
            self._require_network(staged)
        self._require_engine(staged)
        asked.require_all()
        self.displayed, self.checked = len(content["equations"]), len(staged.handout.report.by_id)

    def _require_network(self, staged: Staged) -> None:
        asked, content, blocks = self.asked, staged.content, staged.handout.document.blocks
        asked.require_verifier(_verifier(staged))
        asked.require_steps(content["steps"])
        if asked.command == "export":
            asked.require("dialect", _dialect(staged))
            asked.require("label-prefix", staged.handout.document.prefix)
            return
        self._require_formats(staged)
        there = {getattr(block, "id", None) for block in blocks}
        asked.require_set("with", {name for name, id in CHAPTERS.items() if id in there})
        asked.require("detail", _detail(staged, asked.given("detail") or "steps"))
        self._require_values(staged)

    def _require_engine(self, staged: Staged) -> None:
        """Compare what a PDF says that it was made by with what was asked for."""
        pages = [staged.folder / name for name in staged.names if name.endswith(".pdf")]
        if not pages:
            return
        typst = re.search(rb"/Creator\(Typst [\d.]+\)", pages[0].read_bytes()) is not None
        # What is chosen where nobody chose: TeX, where both of its programs are there.
        there = all(map(shutil.which, ("xelatex", "xdvipdfmx")))
        auto = self.asked.given("engine") in (None, "auto") and typst != there
        self.asked.require("engine", "auto" if auto else "typst" if typst else "tex")

    def _require_formats(self, staged: Staged) -> None:
        typed = (self.asked.given("format") or "pdf,md").split(",")
        wanted = {SAME.get(name.strip(), name.strip()) for name in typed if name.strip()}
        id = staged.content["document"]
        behind = [name.removeprefix(id) for name in staged.names]
        found = {f for f, mark in FORMATS.items() if any(n.startswith(mark) for n in behind)}
        require_same("the formats", sorted(found), sorted(wanted))
        self.asked.compared("format")

    def _require_values(self, staged: Staged) -> None:
        """Compare the numbers of the example with those of the file that was named."""
        keys = {getattr(block, "key", None) for block in staged.handout.document.blocks}
        given = not keys.isdisjoint(GIVEN)
        self.asked.require_there("values", given)
        if given:
            import numpy as np

            trace = _verifier(staged, "example").samples[0].trace
            steps = np.arange(1, trace.steps + 1)
            parameters = {p.name: trace.parameter(p) for p in trace.cell.parameters}
            series = {s.name: trace.value(s, steps)[..., 0] for s in trace.cell.given}
            initial = {s.name: trace.value(s, 0) for s in trace.cell.states}
            self.asked.require_values(trace.cell, parameters, series, initial)

    def require_counts(self, text: str) -> None:
        """Raise a `CheckError` unless a remark counts what was written, and names the seed."""
        require_remark(
            text,
            r"(?P<displayed>\d+) (equations|formulas) displayed"
            r"(, (?P<checked>\d+) checked| and (checked|tested)), seed (?P<seed>\d+)",
            displayed=self.displayed,
            checked=self.checked if self.network else None,
            seed=self.asked.meant("seed"),
        )


def require_remark(text: str, pattern: str, **wanted: object) -> None:
    """Raise a `CheckError` unless a remark is of a pattern, and says what is wanted in its places."""
    found = re.fullmatch(pattern, text)
    said = {name: None if value is None else str(value) for name, value in wanted.items()}
    if found is None or any(found[name] != value for name, value in said.items()):
        meant = ", ".join(f"{name} {value}" for name, value in said.items())
        raise CheckError(
            f"what would be remarked is not so: {text!r}{f', where it is {meant}' if meant else ''}. "
            "It is left out, and what was printed or written before it was confirmed; please report it"
        )


def _verifier(staged: Staged, part: str = "forward") -> Verifier:
    """Return what checked the equations of a network: those of its forward pass, or its example."""
    begins = f"{staged.content['cell']}-{part}-"
    checkers = staged.handout.report.checkers
    for id, checker in checkers.items():
        if id.startswith(begins):
            return checker  # type: ignore[return-value]
    raise CheckError(
        f"nothing was checked of {begins.rstrip('-')}. Nothing is written; please report it"
    )


def _dialect(staged: Staged) -> str:
    """Return the dialect in which the equations of some pieces are written, as it is seen there."""
    equations = [name for name in staged.names if "-equations/" in name]
    if all(name.endswith(".tex") for name in equations):
        return "latex"
    text = "\n".join((staged.folder / name).read_text(encoding="utf-8") for name in equations)
    found = (name for name, sign in DIALECTS.items() if re.search(sign, text, re.MULTILINE))
    return next(found, "no dialect")


def _detail(staged: Staged, wanted: str) -> str:
    """Return in how much detail a document is: lines between results, and of how many parameters."""
    from derive.cells.describe import enters_state

    equations = staged.handout.document.equations()
    lines = [e for e in equations if e.step.rule in ("steps", "entries")]
    cell, ids = _verifier(staged).derivation.cell, {e.id for e in equations}
    if not lines:
        # Where matrices change from step to step, only a softmax has lines.
        return wanted if cell.has_matrices else "brief"
    unrolled = sum("-steps-unrolled-" in e.id for e in equations)
    own = [p.name for p in cell.parameters if enters_state(cell, p)]
    sums = sum(f"{cell.name}-grad-{name}-sum" in ids for name in own)
    # A network of few parameters is the same in full.
    return "full" if wanted == "full" or unrolled > 1 or sums > MANY else "steps"
