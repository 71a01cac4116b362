"""Signs in a document and what is said of them, found in its formulas as they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sympy import MatrixExpr

from derive.document.blocks import Block, Bullets, Display, FigureBlock, Prose, TableBlock
from derive.document.conditions import said
from derive.document.figures import Curve, Plot
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, ParameterCopy
from derive.expressions.walk import atoms_of
from derive.typesetting.printing import tex

IDENTITY = r"(?<![A-Za-z\\{_])I(?![A-Za-z_^{])"
"""The letter of the identity matrix, where it is no part of a name."""

MARKS: Mapping[str, str] = {
    "prose.conventions.columns": r"\\partial",
    "prose.conventions.gradient": r"\\nabla",
    "prose.conventions.immediate": r"\\partial\^\{?\+",
    "prose.conventions.copy": r"[A-Z]\^\{\(|[A-Z]_\{\w+\}\^\{\(",
    "prose.signs.identity": IDENTITY,
    "prose.signs.ones": r"\\mathbf\{1\}",
    "prose.signs.circled": r"\\odot (?!\d)",
    "prose.signs.diag": r"operatorname\{diag\}",
    "prose.signs.power": r"\^\{\\odot",
    "prose.signs.bracket": r"\[\w+ = ",
    "prose.signs.quotient": r"\\oslash",
    "prose.signs.log": r"\\log",
    "prose.signs.exp": r"\\exp\b",
    # Of the exponential one of them says enough: of columns, or of numbers.
    "prose.signs.exp_number": r"\\exp\b",
    "prose.signs.exp_minus": r"\\mathrm\{e\}\^\{-",
    "prose.signs.sigmoid": r"\\sigma(?!_)",
    "prose.signs.sign": r"operatorname\{sign\}",
    "prose.signs.abs": r"operatorname\{abs\}",
    # Below a letter, as of the smallest singular value, it is no function.
    "prose.signs.larger": r"(?<!_\{)\\(?:max|min)\b",
    "prose.signs.cdf": r"operatorname\{cdf\}",
    "prose.signs.pdf": r"operatorname\{pdf\}",
    "prose.signs.slope": r"\w'\(|\\\w+'\(",
    "prose.signs.logsumexp": r"logsumexp",
    "prose.signs.norm": r"\\lVert",
    "prose.signs.radius": r"\\rho",
    "prose.signs.lagged": r"\\delta_\{\w+,",
}
"""By what mark in LaTeX a sign is known, by what is said of it."""

MEANT_BY: Mapping[str, str] = {
    "prose.flow.product": "prose.signs.norm", "prose.proofs.radius": "prose.signs.radius",
}  # fmt: skip
"""What a chapter says of a sign at its first use, each with the sentence in whose place it is."""


LEAD = "prose.signs.lead"

DIRECT = "prose.signs.direct"
"""What is told of a sign by what it is about: names of parameters may look like those of quantities."""


def require_signs(blocks: Sequence[Block], what: str) -> list[Block]:
    """Return blocks; a `CheckError` for a sign of which nothing is said, or that stands nowhere."""
    blocks = list(blocks)
    told = {
        i.key: at for at, b in enumerate(blocks) if isinstance(b, Bullets)
        for i in b.items if isinstance(i, Text) and i.key in MARKS
    }  # fmt: skip
    listed_at = min(told.values(), default=len(blocks))
    printed = printed_signs(blocks[:listed_at] + blocks[listed_at + 1 :])
    elsewhere = {MEANT_BY[key] for b in blocks for key, _ in said(b) if key in MEANT_BY}
    said_of = {MARKS[key] for key in (*told, *elsewhere)}
    for key, mark in MARKS.items():
        stands = re.search(mark, printed) is not None
        if stands is not (mark in said_of):
            raise CheckError(
                f"{what} {'uses' if stands else 'does not use'} a sign that is printed with {mark}, "
                f"and {'does not say' if stands else 'says'} {key!r} of it. Nothing is written; "
                "correct what chooses the sentences on signs, in derive/chapters/signs.py"
            )
    direct = any(DIRECT in (item.key for item in b.items if isinstance(item, Text))
                 for b in blocks if isinstance(b, Bullets))  # fmt: skip
    if direct is not any(map(_is_direct, _formulas(blocks))):
        raise CheckError(
            f"{what} {'says' if direct else 'does not say'} {DIRECT!r}, by a derivative with the plus "
            "sign that is by no parameter, or by none. Nothing is written; correct what chooses the "
            "sentences on signs, in derive/chapters/signs.py"
        )
    if told and blocks[listed_at - 1] != Prose(LEAD):
        raise CheckError(
            f"{what} lists what signs mean without {LEAD!r} before it. Nothing is written; correct "
            "what lists them, in derive/chapters/signs.py"
        )
    return blocks


def printed_signs(blocks: Iterable[Block]) -> str:
    """Return the formulas of blocks in LaTeX, where each sign is to be seen."""
    return " ".join(map(_printed, blocks))


def _is_direct(one: Equation | MatrixExpr) -> bool:
    """Tell whether a formula has a derivative with something held, by no parameter."""
    sides = one.sides if isinstance(one, Equation) else (one,)
    nodes = (node for side in sides for node in atoms_of(side, Partial))
    return any(node.held and not isinstance(node.den, Parameter | ParameterCopy) for node in nodes)


def _printed(block: Block) -> str:
    """Return all formulas of a block in LaTeX."""
    return " ".join(map(tex, _formulas([block])))


def _formulas(blocks: Iterable[Block]) -> Iterator[Equation | MatrixExpr]:
    """Yield all formulas of blocks: displayed, in sentences, cells and labels."""
    for block in blocks:
        yield from (one for one in _values(block) if isinstance(one, Equation | MatrixExpr))


def _values(block: Block) -> list[object]:
    found: list[object] = [value for _, values in said(block) for value in values.values()]
    if isinstance(block, Display):
        found.append(block.equation)
    elif isinstance(block, TableBlock):
        found += [cell for row in block.rows for cell in row]
    elif isinstance(block, FigureBlock) and isinstance(block.figure, Plot):
        panels = block.figure.panels
        found += [label for p in panels for label in (p.x_label, p.y_label)]
        found += [item.label for p in panels for item in p.items if isinstance(item, Curve)]
    return found
