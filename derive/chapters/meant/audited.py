"""What is meant where an audit says which networks claims are about, and in which runs they are."""

from __future__ import annotations

from sympy import Integer

from derive.cells.cell import Cell
from derive.checks.probe import hands_on_linearly
from derive.checks.tables import members
from derive.document.blocks import Prose
from derive.document.text import Number, Text, Value
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.quantities import T, t
from derive.gradientflow.runs import Experiment


def require_network(prose: Prose, cell: Cell, number: int) -> Prose:
    """Return the sentence on a network; a `CheckError` for a quantity that it is not about."""
    title: Value = Text(f"cell.{cell.name}") if cell.title is None else cell.title
    lefts = [e.left for e in cell.equations]
    _require_activation(prose, cell)
    return _require(
        prose,
        {
            "number": number, "cell": title, "target": cell.target[t],
            "input": [x[t] for x in cell.inputs], "states": [s[t] for s in cell.states],
            "start": [s[Integer(0)] for s in cell.states], "equations": [*lefts, cell.total],
        },
    )  # fmt: skip


def _require_activation(prose: Prose, cell: Cell) -> None:
    """Raise a `CheckError` where a network is called linear and bends, tried on steps of it."""
    if prose.key == "prose.audit.network_linear" and not hands_on_linearly(cell):
        raise CheckError(
            f"an audit says {prose.key!r} of {cell.name}, whose states are not linear in those "
            "before. Nothing is written; correct the chapter that says it"
        )


def require_run(prose: Prose, row: Experiment) -> Prose:
    """Return the sentence on a run; a `CheckError` for a setting that is another's."""
    wanted: dict[str, object] = {
        "steps": row.steps, "n": row.n, "T": T, "scale": row.scale,
        "activation": Text(f"landscape.activation.{row.activation}"),
        "matrix": Text(f"landscape.matrix_named.{row.matrix}"),
    }  # fmt: skip
    return _require(prose, wanted | ({"inputs": row.inputs} if row.inputs else {}))


def _require(prose: Prose, wanted: dict[str, object]) -> Prose:
    for name, meant in wanted.items():
        value = prose.values.get(name)
        found: object = value.value if isinstance(value, Number) else value
        if isinstance(meant, list):
            found = [one.left if isinstance(one, Equation) else one for one in members(value or "")]
        if found != meant:
            raise CheckError(
                f"an audit says {prose.key!r} with {value} for {{{name}}}, where {meant} is meant. "
                "Nothing is written; correct the chapter that fills it"
            )
    return prose
