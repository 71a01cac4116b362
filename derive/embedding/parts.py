"""The parts of a derivation that a page asks for, derived once for all places that want them."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from derive.chapters.handout import Handout, build
from derive.checks.checked import CheckedDerivation
from derive.checks.loaded import load
from derive.checks.readback import ReadingSource
from derive.checks.tried import require_tried
from derive.codegen import verified
from derive.document.blocks import Block, Document, FigureBlock, Heading
from derive.embedding.request import Network, Request
from derive.errors import CheckError, UsageError
from derive.expressions.equation import Equation
from derive.progress import heard
from derive.publishing.injective import require_injective
from derive.publishing.notated import require_notation
from derive.publishing.publish import require_checked
from derive.publishing.readback import ReadBack
from derive.publishing.shown import ShownEquations
from derive.reading.passage import Passage
from derive.render.page.pieces import sections
from derive.render.text.dialects import COMMON
from derive.render.text.source import source
from derive.suggest import suggestion
from derive.typesetting import notation as notations
from derive.typesetting.layout import PagePrinter
from derive.typesetting.notation import Notation

MOST_KEPT = 32
"""A site has about as many networks; the oldest goes where there are more."""


@dataclass(frozen=True)
class Parts:
    """The parts of one derivation; what is given out was checked and read back.

    ``proved`` is whether its handout has the proofs.
    """

    network: Network
    proved: bool = True

    @cached_property
    def notation(self) -> Notation:
        """Return the notation; a `UsageError` if there is none of that name."""
        name = self.network.notation
        return require_notation(notations.load(name), name)

    @cached_property
    def derivation(self) -> CheckedDerivation:
        """Return the derivation; a `UsageError` or `SpecError` if the network can't be read."""
        network = self.network
        cell = load(network.cell, **dict(network.options))
        require_tried()
        return CheckedDerivation(cell, network.steps)

    @cached_property
    def handout(self) -> Handout:
        """Return the handout, once it was checked and its text read back."""
        return self._built(self.proved)

    @cached_property
    def whole(self) -> Handout:
        """Return the handout with its proofs; errors as `handout`."""
        return self.handout if self.proved else self._built(True)

    def _built(self, proved: bool) -> Handout:
        network = self.network
        cell = self.derivation.cell
        handout = build(
            cell,
            network.steps,
            seed=network.seed,
            language=network.language,
            progress=heard(),
            proved=proved,
        )
        require_checked(handout)
        about = (cell.name, network.steps)
        require_injective(handout.document, self.notation, about)
        text = source(handout.document, PagePrinter(self.notation, "markdown"), "figures", COMMON)
        reading = ReadBack(handout, self.notation, network.steps)
        reading.read_markdown(Passage(text, cell.name), folder="figures")
        return handout

    @property
    def document(self) -> Document:
        """Return the document of the handout."""
        return self.handout.document

    def equation(self, id: str) -> Equation:
        """Return an equation; a `UsageError` that lists near ones if there is none of that id."""
        try:
            return self.derivation.equation(id)
        except UsageError:
            # A handout has more: its example, its scalar network, and what it says of norms.
            shown = {equation.id: equation for equation in self.document.equations()}
            if id not in shown:
                raise
            return shown[id]

    def tex(self, equation: Equation, coloured: bool) -> str:
        """Return an equation as bare TeX, read back; with the colours of contributions or without."""
        text = PagePrinter(self.notation, "markdown" if coloured else "bare").display(equation)
        return self.require(equation, text, "markdown" if coloured else "latex")

    def require(self, equation: Equation, tex: str, manner: str) -> str:
        """Return TeX of an equation if it says what was checked; a `CheckError` for any other.

        The ``manner`` markdown is with the colours of contributions, latex without.
        """
        reader = ShownEquations(self._source(equation), self.notation)
        return reader.require(equation, tex, manner)

    def shown(self, handout: Handout, equation: Equation, tex: str) -> str:
        """Return bare TeX of an equation of a handout if it says what was checked."""
        source = handout.report.checkers[equation.id]
        return ShownEquations(source, self.notation).require(equation, tex, "latex")

    def _source(self, equation: Equation) -> ReadingSource:
        """Return what checked an equation: the derivation, or the handout where it is of that."""
        try:
            self.derivation.find(equation.id)
        except UsageError:
            return self.handout.report.checkers[equation.id]
        return self.derivation.verifier

    @cached_property
    def code(self) -> str:
        """Return the NumPy module of the network, once its equations and numbers were checked."""
        return verified(self.derivation.cell)

    def section(self, id: str) -> tuple[Block, ...]:
        """Return the blocks of a chapter or section, its heading first; errors as `equation`."""
        whole = sections(self.document)
        if id in whole:
            return whole[id]
        blocks = self.document.blocks
        for n, block in enumerate(blocks):
            if isinstance(block, Heading) and block.id == id:
                rest = blocks[n + 1 :]
                end = next((k for k, b in enumerate(rest) if isinstance(b, Heading)), len(rest))
                return (block, *rest[:end])
        known = [b.id for b in blocks if isinstance(b, Heading)]
        raise UsageError(f"no section {id!r}: {suggestion(id, known)}")

    def figure(self, id: str) -> FigureBlock:
        """Return a figure with its caption; errors as `equation`."""
        figures = {b.figure.id: b for b in self.document.blocks if isinstance(b, FigureBlock)}
        if id not in figures:
            raise UsageError(f"no figure {id!r}: {suggestion(id, figures)}")
        return figures[id]


def parts(wanted: Request) -> Parts:
    """Return the parts that are wanted, the same as long as the file of equations is the same."""
    cell, digest = wanted.network.cell, ""
    if cell.endswith(".toml") and Path(cell).is_file():
        digest = hashlib.sha256(Path(cell).read_bytes()).hexdigest()
    found = _parts(wanted.network, wanted.proved, digest)
    if digest:
        _require_current(found, Path(cell))
    return found


def _require_current(found: Parts, path: Path) -> None:
    """Raise a `CheckError` unless a network is that of its file as it is now, read once more."""
    written = found.derivation.cell.written
    now = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    if written is None or tomllib.loads(written.toml) != now:
        raise CheckError(
            f"what would be shown of {path} is of an earlier state of the file. Nothing is shown; "
            "please report it"
        )


@lru_cache(maxsize=MOST_KEPT)
def _parts(network: Network, proved: bool, digest: str) -> Parts:
    return Parts(replace(network), proved)
