"""The module of a cell, given out after its equations, its formulas and its numbers were checked."""

from __future__ import annotations

from derive.bptt.derivation import derive
from derive.cells.cell import Cell
from derive.checks.required import STEPS, require
from derive.checks.tried import require_tried
from derive.codegen.commented import require_commented
from derive.codegen.comments import require_formulas
from derive.codegen.module import written_module
from derive.codegen.numbers import Reach, own_seed, require_numbers, trial_data
from derive.codegen.said import require_said
from derive.errors import CheckError, SpecError
from derive.record import digest, unmarked

_PASSED: dict[str, Reach] = {}
"""Over how many steps the modules that passed were compared, by their digests."""


def verified(cell: Cell) -> str:
    """Return the source of the module of a cell.

    A `SpecError` if a size can't be read off what the code is given.  A `CheckError` that names what
    is wrong if an equation that it is written from fails its check, if a formula in its text does not
    say what is computed, if its forward pass or its gradients are not those of the cell, if the
    module that was written finds its own gradients wrong, if it does not find wrong ones wrong or refuse
    what does not fit, or if it says of itself what is not so.
    """
    _require_sizes(cell)
    derivation = derive(cell, STEPS)
    require_tried()
    require(derivation, derivation.recursion.equations())
    made = written_module(cell)
    require_formulas(made)
    try:
        seed = own_seed(cell, made.source)
        if seed:
            made = written_module(cell, seed)
            require_formulas(made)
        reach = require_numbers(cell, made.source)
        data = trial_data(cell, made.source)
        given = (data.parameters, data.data, data.initial)
        require_commented(made, given, data.passes(made.derivation.cell))
        require_said(cell, made.source)
    except CheckError:
        raise
    except Exception as error:
        # Whatever it is, what was written does not run.
        raise CheckError(
            f"the code for {cell.name} breaks when it is run: {type(error).__name__}: {error}. "
            "Nothing is written; please report the cell"
        ) from error
    passed(made.source, reach)
    return made.source


def passed(source: str, reach: Reach) -> None:
    """Note that a module passed, so that it may be given out, and over how many steps."""
    _PASSED[digest(source.encode())] = reach


def reach_of(source: str) -> Reach:
    """Return over how many steps a module that passed was compared with its cell."""
    return _PASSED[digest(source.encode())]


def unread_size(cell: Cell) -> tuple[str, list[str]] | None:
    """Return a size that code cannot read off parameters or data, and its states; None if it reads all.

    It reads all others there, so that nobody has to type them.
    """
    shapes = [*(p.shape for p in cell.parameters), *(s.shape for s in cell.given)]
    known = {n for shape in shapes for size in shape for n in size.free_symbols}
    for state in cell.states:
        unknown = {n for size in state.shape for n in size.free_symbols} - known
        if unknown:
            size = min(unknown, key=str)
            having = [s.name for s in cell.states if any(size in n.free_symbols for n in s.shape)]
            return str(size), having
    return None


def _require_sizes(cell: Cell) -> None:
    """Check that the code can read each size off a parameter or the data; else a `SpecError`."""
    unread = unread_size(cell)
    if unread is not None:
        raise SpecError(
            f"cell {cell.name}: the size {unread[0]} stands in no shape but that of "
            f"{' and '.join(unread[1])}, handed from step to step, so that "
            "code cannot read it off the parameters or the data; give a number in its place, or use "
            "it in the shape of a parameter"
        )


def require_passed(text: str) -> None:
    """Raise a `CheckError` unless a text is, but for its mark, byte for byte one that passed."""
    if digest(unmarked(text).encode()) not in _PASSED:
        raise CheckError(
            "the code that is to be written is not the code that was checked: it was changed on the "
            "way. Nothing is written; please report this"
        )
