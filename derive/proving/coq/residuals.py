"""The output layers in Coq: what is assumed of each, and that w (o − y) arrives at its logits."""

from __future__ import annotations

from dataclasses import dataclass

from derive.cells.cell import Cell
from derive.errors import DerivationError
from derive.expressions.quantities import t


@dataclass(frozen=True)
class CoqResidual:
    """What is known of an output layer with its loss.

    ``assumed`` are premises, of the function's name {f} and of the targets {y}; ``said`` the same in
    words. That 2 is not 0 is a premise of whatever halves, and none of these. ``arriving`` is what
    arrives at the logits where {L} is the slope of the loss, {o} the output; ``splits`` the rule by
    which a sum that arrives at the output goes on by its terms.
    ``lemma`` is of the prelude, and ``premises`` are the proofs of what it asks for.
    """

    assumed: tuple[str, ...]
    said: str
    arriving: str
    splits: str
    lemma: str
    premises: tuple[str, ...]


RESIDUALS = {
    "cross_entropy": CoqResidual(
        (
            "Hypothesis {f}_n0 : forall k (a : 'cV[R]_k) i, {f} a i 0 != 0.",
            "Hypothesis targets : forall t, \\sum_i {y} t i 0 = 1.",
        ),
        "entries of a softmax are not 0, and targets add up to one",
        "soft ({o} t.+1) ({L} t)",
        "softD",
        "residual",
        ("move=> i; rewrite {o}_E; exact: {f}_n0", "exact: targets"),
    ),
    "bce": CoqResidual(
        (
            "Hypothesis {f}_n0 : forall a, {f} a != 0.",
            "Hypothesis {f}_n1 : forall a, 1 - {f} a != 0.",
        ),
        "a sigmoid is nowhere 0 and nowhere 1",
        "had (had ({o} t.+1) (const_mx 1 + - {o} t.+1)) ({L} t)",
        "sigmD",
        "residual_sigmoid",
        (
            "move=> i; rewrite {o}_E mapE; exact: {f}_n0",
            "move=> i; rewrite {o}_E mapE; exact: {f}_n1",
        ),
    ),
    "mse": CoqResidual(
        (),
        "",
        "{L} t",
        "",
        "residual_square",
        ("assumption",),
    ),
}
"""By the names of the losses."""


def residual_of(cell: Cell) -> CoqResidual:
    """Return what is known of a network's output layer.

    Raises a `DerivationError` where its equations are not those of its loss.
    """
    row, y, o = cell.loss, cell.target[t], cell.output[t]
    loss, output = cell.definition(cell.loss_series), cell.definition(cell.output)
    if row.name not in RESIDUALS or loss.expr != row.value(y, o):
        raise DerivationError(
            f"{cell.name} has no file for Coq yet: there is no lemma on the loss {loss.left} = "
            f"{loss.expr} after {output.left} = {output.expr}. Without --coq it is proved by the "
            "checker of certificates"
        )
    return RESIDUALS[row.name]
