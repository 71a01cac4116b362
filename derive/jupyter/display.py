"""What a notebook is given to show, read by what hands it over: after this nothing of ours follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from derive.bptt.derivation import Derivation
from derive.bptt.unroll import forward, loss
from derive.chapters.report import Report
from derive.checks.checked import CheckedDerivation
from derive.checks.tabled import require_table
from derive.checks.verify import Check
from derive.expressions.equation import Equation
from derive.jupyter.reading import require_figure, require_shown
from derive.jupyter.shown import Shown, ShownFigure
from derive.publishing.notebook import require_bundle

Bundle = Mapping[str, str]


def _of_shown(shown: Shown, made: Bundle) -> None:
    require_shown(made, shown.request, shown.parts)


def _of_figure(figure: ShownFigure, made: Bundle) -> None:
    require_figure(made, figure.block, figure.parts)


def _of_equation(equation: Equation, made: Bundle) -> None:
    require_bundle(made, None, [equation])


def _of_derivation(found: Derivation, made: Bundle) -> None:
    equations = [*forward(found.cell), *loss(found.cell), *found.recursion.equations()]
    require_bundle(made, repr(found), equations)


def _of_check(check: Check, made: Bundle) -> None:
    require_table(made, [check])


def _of_report(report: Report, made: Bundle) -> None:
    require_table(made, report.checks)


READERS: dict[type, Callable[[Any, Bundle], None]] = {
    Shown: _of_shown,
    ShownFigure: _of_figure,
    Equation: _of_equation,
    Derivation: _of_derivation,
    CheckedDerivation: _of_derivation,
    Check: _of_check,
    Report: _of_report,
}
"""What reads the forms of an object, by its type."""


def handed_over(value: Any) -> Bundle:
    """Return the forms of an object that a notebook shows; a `CheckError` if one is another."""
    made: Bundle = value._repr_mimebundle_()
    kind = next(kind for kind in type(value).__mro__ if kind in READERS)
    READERS[kind](value, made)
    return made


def register(shell: InteractiveShell) -> None:
    """Have a notebook show our objects by what is handed over."""
    formatter = getattr(shell.display_formatter, "mimebundle_formatter", None)
    if formatter is not None:
        for kind in READERS:
            formatter.for_type(kind, handed_over)
