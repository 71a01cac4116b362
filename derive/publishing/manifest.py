"""The manifest: what stands in a document, equation by equation, for other programs to read.

Its form is described by ``manifest.schema.json``, a JSON schema.  It also names the files that were
written, in the manner of `derive.record`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.checks.bounds import bound
from derive.record import digest
from derive.render.page.numbering import number
from derive.typesetting.layout import display
from derive.typesetting.printing import Printer

if TYPE_CHECKING:
    from derive.chapters.handout import Handout
    from derive.checks.proof import Proof
    from derive.checks.verify import Check
    from derive.expressions.equation import Equation
    from derive.proving.general import GeneralProof
    from derive.typesetting.notation import Notation

PROVED = "for every T and every size"
"""How far an equation is proved, by the certificate."""

FORMAT = 1
"""To be raised when a reader of the old form would misread the new one."""


def manifest(
    handout: Handout, notation: Notation, network: tuple[str, int] | None = None
) -> dict[str, object]:
    """Return the manifest of a document as plain data, equations in the order of their numbers.

    ``network`` is the cell and the number of steps of a handout; other documents have none.
    """
    document = handout.document
    labels = number(document)
    checks = {check.id: check for check in handout.report.checks}
    general = handout.report.general
    printer, texts = Printer(notation, "bare"), Printer(notation, "plain")
    return {
        "format": FORMAT,
        "document": document.id,
        **({} if network is None else {"cell": network[0], "steps": network[1]}),
        "seed": handout.report.seed,
        "language": document.language,
        "notation": notation.name,
        "equations": [
            _entry(
                equation,
                labels[equation.id].number,
                checks[equation.id],
                printer,
                texts,
                general is not None and general.proves(equation),
            )
            for equation in document.equations()
        ],
        **({} if general is None else {"certificate": _certificate(general)}),
        **({} if not handout.report.proofs else {"proofs": _proofs(handout.report.proofs, texts)}),
    }


def _proofs(proofs: list[Proof], texts: Printer) -> list[dict[str, object]]:
    """Return what was proved exactly, one entry for each gradient and choice of sizes."""
    return [
        {
            "gradient": texts.inline(one.gradient),
            "steps": made.steps,
            "sizes": {str(symbol): size for symbol, size in made.sizes.items()},
            "entries": one.entries,
            "nonzero": one.nonzero,
        }
        for made in proofs
        for one in made.proved
    ]


def _certificate(general: GeneralProof) -> dict[str, object]:
    """Return what was judged: the digest of what `derive prove` writes, and how much is proved."""
    return {
        "sha256": digest(general.text.encode("utf-8")),
        "statements": general.verdict.total,
        "proved": general.verdict.proved,
    }


def _entry(
    equation: Equation,
    numbered: str,
    check: Check,
    printer: Printer,
    texts: Printer,
    proved: bool,
) -> dict[str, object]:
    return {
        "id": equation.id,
        "number": numbered,
        "kind": equation.kind.value,
        # Bare: no delimiters, number, label or colours; those belong to a format.
        "tex": display(printer, equation),
        "text": texts.inline(equation),
        "indices": [
            {"symbol": str(i.symbol), "from": texts.index(i.low), "to": texts.index(i.high)}
            for i in equation.free
        ],
        "assumptions": list(equation.assumes),
        "rule": equation.step.rule,
        "uses": list(equation.step.uses),
        **({"proved": PROVED} if proved else {}),
        "check": {
            "method": check.method,
            "bound": bound(check).text,
            "places": check.count,
            "passed": check.passed,
        },
    }
