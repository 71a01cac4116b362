"""Which names a user's cell may use: each prints as one symbol, and means one thing everywhere."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from derive import budgets
from derive.calculus.activations import ACTIVATIONS
from derive.errors import SpecError, shown
from derive.formula import Scope
from derive.formula.forms import FORMS
from derive.formula.scope import INDICES
from derive.typesetting.lettering import spelled

LOGITS = "z"
OUTPUT = "o"
OUTPUT_BESIDE = ("yhat", "out")
"""What the output is called in a network where something else is ``o``, as the gate of an LSTM."""

RESULTS = ("L_t", "dL", "dL_t", "contributions", "step_jacobians", "state_jacobians")
"""What `derive evaluate` calls its results, beside the quantities of the cell."""

TAKEN = {
    "y": "the target", "L": "the loss", "I": "the identity",
    "params": "the parameters of a file of numbers",
    "check": "the check of a numeric example", "target": "the target",
    "weights": "the weights of the steps", "options": "the options",
    **{str(index): "a time index" for index in INDICES},
    **dict.fromkeys(RESULTS, "one of the results of `derive evaluate`"),
}  # fmt: skip
"""Names that mean something else in a cell, in code or in a file of numbers, so that a symbol has one
meaning.  Letters such as D and δ are free: what a derivation introduces takes others."""

_FED_BACK = 'to feed back the output, declare states = { o = "m" } and read o[t-1]'
HINTS = {
    "y": "y is the target, which no equation reads; give it as an input with a name of its own, such as "
    "yprev[t] for the target of step t-1",
    OUTPUT: f"o is the output, made of the logits {LOGITS}, and is read as a state only; {_FED_BACK}",
    LOGITS: f"{LOGITS} are the logits, which the last equation defines; {_FED_BACK}",
    "L": "L is the loss, which no equation reads",
}
"""What to write instead of quantities that are there but cannot be read."""

DEFINED = {
    "L": "L is the loss, which `output` chooses with the output: softmax, linear or sigmoid; none of "
    "one's own can be written",
}
"""What to write instead of equations for them."""

FREE = frozenset({"rho"})
"""Functions of claims whose names are Greek letters, which a quantity may have: ρ beside ρ(W)."""

_FORM = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+){0,2}")
_TIME = re.compile(rf"(?:{'|'.join(map(str, INDICES))}|\d)+")
"""Letters of steps and digits side by side: t1 could be read as t times 1."""


def check_form(name: str) -> None:
    """Check that a name prints as a symbol, its index having one at most; else a `SpecError`."""
    said = f"the name {shown(name, 30)} has {len(name)} characters"
    budgets.within("name-characters", len(name), said)
    if _FORM.fullmatch(name):
        return
    quoted = f"'{shown(name)}'"
    if not name.isascii():
        written = spelled(name)
        instead = f"write {written}" if _FORM.fullmatch(written) else "use letters a-z and digits"
        raise SpecError(f"{quoted} is not a name: {instead}; alpha prints as α, htilde as h̃")
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        raise SpecError(
            f"{quoted} is not a name: expected two underscores at most, with letters or digits on "
            "both sides, as what follows one is an index; W_in, W_12 or W_x_i"
        )
    raise SpecError(f"{quoted} is not a name; use letters, digits and _, a letter first")


def output_name(own: Container[str]) -> str:
    """Return what the output is called beside the names of a file's own quantities."""
    return next(name for name in (OUTPUT, *OUTPUT_BESIDE, "output") if name not in own)


def check_meaning(name: str) -> None:
    """Check that a name of a quantity does not mean something else; else a `SpecError`."""
    check_form(name)
    if name in TAKEN:
        raise SpecError(f"{name!r} stands for {TAKEN[name]}; choose another name")
    if name == "d":
        raise SpecError("'d' stands for a derivative in formulas; choose another name")
    if name in FORMS.keys() - FREE or name in Scope({}, {}).functions:
        raise SpecError(f"{name!r} is a function; choose another name")
    if name in ACTIVATIONS:
        raise SpecError(f"{name!r} stands for a function in handouts; choose another name")


def check_size(name: str, of: str) -> None:
    """Check that the name of a size does not mean something else; else a `SpecError`.

    ``of`` is what has the size, where it is marked.
    """
    try:
        check_form(name)
    except SpecError as error:
        raise SpecError(f"the size of {shown(of)}: {error}") from None
    if name in TAKEN or name == "B":
        meaning = TAKEN.get(name, "the number of sequences in code")
        raise SpecError(f"the size {name!r} stands for {meaning}; choose another letter")


def collision(name: str, series: Iterable[str], states: Iterable[str]) -> str | None:
    """Return why a name cannot stand beside the others: it would print, or be called, as one."""
    for state in states:
        if name == f"{state}0":
            return f"{name!r} stands for the initial state of {state}; choose another name"
    base, _, index = name.partition("_")
    # A letter of steps has no steps itself: k_1 is a name like any other.
    stepped = {*series, *TAKEN, OUTPUT} - {*map(str, INDICES)}
    if _TIME.fullmatch(index.partition("_")[0]) and base in stepped:
        return f"{name!r} would print as {base} at the step {index}; choose another name"
    return None
