"""What a page shows for each number of steps: whether it is of that number, and all of it."""

from __future__ import annotations

from collections.abc import Mapping

from derive.chapters.handout import Handout
from derive.document.blocks import Document
from derive.errors import CheckError
from derive.expressions.elision import shown_steps
from derive.expressions.quantities import At
from derive.expressions.shown import Coloured
from derive.expressions.walk import atoms_of
from derive.publishing.colours import described

LONGEST = 8
"""The number of steps up to which a page shows all."""


def require_horizons(horizons: Mapping[int, Handout]) -> None:
    """Raise a `CheckError` unless there is a document for each number of steps, and each is of it."""
    if horizons and [*horizons] != [*range(1, LONGEST + 1)]:
        raise CheckError(f"the numbers of steps {[*horizons]} are shown, 1 to {LONGEST} are meant")
    for steps, handout in horizons.items():
        problem = _unlike(handout.document, steps)
        if problem is not None:
            raise CheckError(
                f"what is shown for {steps} steps is not of so many: {problem}. Nothing is written; "
                "correct what derives it"
            )


def _unlike(document: Document, steps: int) -> str | None:
    if (document.prefix, document.mark) != (f"T{steps}-", f"T{steps}."):
        return f"it is marked {document.mark}"
    drawn = {step for step, _ in described(document)}
    if not drawn <= {*shown_steps(steps)}:
        return f"the paths of the steps {sorted(drawn)} are drawn"
    equations = document.equations()
    for equation in equations:
        last = max((_last(at) for at in atoms_of(equation.left, At)), default=0)
        coloured = {int(one.args[2]) for one in atoms_of(equation.right, Coloured)}
        if last != steps or not coloured <= {steps}:
            return f"{equation.id} ends at step {last}"
    return None if equations else "nothing is derived"


def _last(at: At) -> int:
    return max((int(i) for i in at.indices if i.is_Integer), default=0)
