"""What must be explained where it stands: functions of the code, signs, slopes at kinks, the network.

Which there are is told by the code, by the formulas as they are printed, and by numbers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import numpy as np

from derive.calculus.activations import Standing
from derive.calculus.activations import activation as row_of
from derive.chapters.meant.signs import MARKS, printed_signs
from derive.chapters.owed.owing import Owing
from derive.chapters.owed.standing import told_apart
from derive.checks.tables import members
from derive.document.blocks import Bullets, Listing
from derive.document.language import Verbatim, load
from derive.document.text import Code, numeric
from derive.expressions.functions import Apply
from derive.expressions.walk import atoms_of

LISTED = "prose.listing."
"""What the keys of sentences begin with that explain the functions of the code."""

OF_PYTHON = frozenset({"range"})

_NEAR, _APART = 1e-6, 1e-3
"""How near a kink two slopes are taken, and by how much they differ there."""


def unexplained(o: Owing) -> Iterator[str]:
    """Yield what stands in a handout and is explained nowhere in it, or the other way round."""
    yield from _functions(o)
    yield from _signs(o)
    yield from _kinks(o)
    yield from _remarks(o)
    yield from _roots(o)
    yield from _compared(o)


def _functions(o: Owing) -> Iterator[str]:
    """Yield functions that the code calls and no item of the list before it names, and others."""
    codes = [block.source for block in o.document.blocks if isinstance(block, Listing)]
    called = {
        node.func.id
        for code in codes
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    } - OF_PYTHON
    # The first word in fixed width of a sentence is the function that it is about.
    names = [*_named(o)]
    yield from (f"what `{one}` is, which its code calls" for one in sorted(called - {*names}))
    for one in names:
        if one not in called or names.count(one) > 1:
            yield f"once, and where its code calls it, what `{one}` is"


def _named(o: Owing) -> Iterator[str]:
    language = load(o.document.language)
    for block in o.document.blocks:
        for item in block.items if isinstance(block, Bullets) else ():
            if not item.key.startswith(LISTED):
                continue
            several = [one.text for v in item.values.values() for one in members(v)
                       if isinstance(one, Code)]  # fmt: skip
            own = (part.text for part in language.parse(item.key) if isinstance(part, Verbatim))
            yield from several or [next(own)]


def _signs(o: Owing) -> Iterator[str]:
    """Yield signs of operations that stand in formulas and of which the conventions say nothing."""
    printed = printed_signs(o.document.blocks)
    marks = {**MARKS, **OWN_MARKS}
    told = {marks[key] for key in o.sentences if key in marks}
    # One sentence says what the logarithm, the quotient and ones of columns are.
    together = "prose.conventions.components" in o.sentences
    letters = {part for name in o.facts.cell.roster.names for part in name.split("_")}
    for key, mark in marks.items():
        if not key.startswith("prose.signs.") or key in ELSEWHERE or mark in told:
            continue
        # A letter of the network's own may look like the function.
        own = "sigma" in letters and key == "prose.signs.sigmoid"
        by_another = together and key == "prose.signs.ones"
        if not (own or by_another) and re.search(mark, printed) is not None:
            yield f"the sentence {key} on a sign that its formulas have"


OWN_MARKS: Mapping[str, str] = {
    "prose.signs.relu": r"\\operatorname\{relu\}(?!')",
    "prose.signs.softplus": r"\\operatorname\{softplus\}(?!')",
    "prose.signs.step": r"\\operatorname\{step\}(?!')",
}
"""The marks of further signs, which in studies are of networks that are not introduced."""

ELSEWHERE = (
    "prose.signs.bracket", "prose.signs.circled", "prose.signs.lagged",
    "prose.signs.log", "prose.signs.norm", "prose.signs.quotient", "prose.signs.radius",
)  # fmt: skip
"""Signs that a handout explains where they come up, or of columns alone, as their numbers are known."""


def _remarks(o: Owing) -> Iterator[str]:
    """Yield what there is to say of the network itself, and is not said."""
    for remark in o.facts.cell.remarks:
        if (key := f"prose.remark.{remark}") not in o.sentences:
            yield f"the sentence {key}"


def _roots(o: Owing) -> Iterator[str]:
    """Yield what is not said of the root of a column, which the network takes."""
    found = (node for e in o.facts.cell.equations for node in atoms_of(e.expr, Apply))
    columns = [node for node in found if node.function == "sqrt" and node.shape != (1, 1)]
    if columns and "prose.signs.root" not in o.sentences:
        yield "the sentence prose.signs.root on a sign that its equations have"


def _compared(o: Owing) -> Iterator[str]:
    """Yield blocks whose norms differ from those of products and are not compared with them."""
    wanted = sorted(told_apart(o))
    said = [
        (values["block"], values["product"])
        for values in o.sentences.get("prose.memory.compare", ())
    ]
    if sorted((numeric(block), numeric(product)) for block, product in said) != wanted:
        yield f"the sentence prose.memory.compare on {len(wanted)} of the pairs in its table"


def _kinks(o: Owing) -> Iterator[str]:
    """Yield activations that have another slope on each side of zero, of which that is not said."""
    said = [values.get("value") for values in o.sentences.get("prose.conventions.kink", ())]
    told = {one.function for one in said if isinstance(one, Apply)}
    found = (node for e in o.facts.cell.equations for node in atoms_of(e.expr, Apply))
    for name in dict.fromkeys(node.function for node in found):
        row = row_of(name)
        if row.use is Standing.ACTIVATION:
            below, at, above = row.value(np.array([-_NEAR, 0.0, _NEAR])).tolist()
            kinked = abs((above - at) - (at - below)) > _APART * _NEAR
            if kinked and name not in told:
                yield f"the sentence prose.conventions.kink on {name}"
