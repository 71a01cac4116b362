"""What may stand in the file of a user's cell: each key with its type, its bound and its message.

Everything else that looks at a file looks at what this schema has let through.
"""

from __future__ import annotations

from math import isfinite
from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from derive import budgets
from derive.calculus.losses import LOSSES
from derive.cells.cell import INITIAL
from derive.cells.weighting import WEIGHTINGS
from derive.errors import shown
from derive.suggest import suggestion

OUTPUTS = tuple(name for row in LOSSES.values() for name in (row.layer, row.name))
CHOICES: dict[str, tuple[str, ...]] = {
    "output": OUTPUTS, "loss": tuple(WEIGHTINGS), "initial": INITIAL,
}  # fmt: skip
"""The keys whose text is one of a few."""


def _number(value: float) -> float:
    most = budgets.most("exponent")
    if not isfinite(value):
        raise ValueError("expected a finite number")
    if value and not 10.0 ** -min(most, 300) <= abs(value) <= 10.0 ** min(most, 300):
        raise ValueError(budgets.exceeded("exponent", "it is out of range"))
    return value


def _title(value: str) -> str:
    if not value.isprintable():
        raise ValueError("expected letters and signs that can be printed, on one line")
    return value


ShortText = Annotated[str, StringConstraints(max_length=200)]
SizeText = (
    Annotated[str, StringConstraints(min_length=1, max_length=100)] | Annotated[int, Field(ge=1)]
)
FiniteNumber = Annotated[float, AfterValidator(_number)]
NumberRow = Annotated[list[FiniteNumber], Field(min_length=1, max_length=100)]
NumberRows = Annotated[list[NumberRow], Field(min_length=1, max_length=100)]
FormulaText = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class CellFile(BaseModel):
    """The keys of a file; a description is what a message says was expected."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}\z",
        description="a text of letters, digits, _ and -, at most 64, with a letter first, as files "
        "and equations are called by it; `title` may be any text",
    )
    title: Annotated[ShortText, AfterValidator(_title)] | None = Field(
        None, description="a text of at most 200 characters"
    )
    inputs: dict[str, SizeText] = Field(
        default_factory=dict,
        description='a table of names with a size each, such as { x = "d" }',
    )
    states: dict[str, SizeText] = Field(
        default_factory=dict,
        description='a table of names with a size each, such as { s = "n" }',
    )
    equations: str = Field(description="a text with the equations, one a line")
    output: str = Field("softmax", description=f"a text, one of {', '.join(OUTPUTS)}")
    loss: str = Field("every", description=f"a text, one of {', '.join(WEIGHTINGS)}")
    initial: str = Field("zero", description=f"a text, one of {', '.join(INITIAL)}")
    parameters: dict[str, SizeText] = Field(
        min_length=1, description='a table of names with a shape each, such as W = "n n"'
    )
    constants: dict[str, FiniteNumber | NumberRow | NumberRows] = Field(
        default_factory=dict,
        description="a table of names with a number each, such as c = 0.5, or several in brackets",
    )
    functions: dict[str, FormulaText] = Field(
        default_factory=dict,
        description='a table of names with a formula each, such as swish = "a/(1 + exp(-a))"',
    )
    meanings: dict[str, Annotated[ShortText, AfterValidator(_title)]] = Field(
        default_factory=dict,
        description='a table of names with a text each, such as h = "hidden state"',
    )


ELEMENTS = {
    "inputs": 'a size, such as "d" or 3', "states": 'a size, such as "n" or 3',
    "parameters": 'a shape, rows and columns, such as "n d", or "n"',
    "constants": "a number, or rows of numbers in brackets",
    "functions": 'a formula, such as "a/(1 + exp(-a))"', "meanings": "a text of at most 200 characters",
}  # fmt: skip
"""What was expected of an entry of a table."""


Misfit: TypeAlias = tuple[str, ...]
"""What is wrong in a file: the message, then the keys that lead to the place."""


class MisfitsError(Exception):
    """All that does not fit the schema."""

    def __init__(self, found: list[Misfit]) -> None:
        super().__init__(found)
        self.found = found


def validated(values: dict[str, object]) -> CellFile:
    """Return the file as the schema has it; what does not fit is a `MisfitsError`."""
    # Before its type: of a key that does not exist there is none.
    unknown = [key for key in values if key not in CellFile.model_fields]
    found: list[Misfit] = [
        (f"unknown key {_quoted(key)}: {suggestion(key, CellFile.model_fields)}", key)
        for key in unknown
    ]
    known = {key: value for key, value in values.items() if key not in unknown}
    for key, choices in CHOICES.items():
        given = known.get(key)
        if isinstance(given, str) and given not in choices:
            found.append((f"unknown {key} {_quoted(given)}: {suggestion(given, choices)}", key))
    try:
        made = CellFile.model_validate(known)
    except ValidationError as error:
        raise MisfitsError([*found, *_wrong(known, error)]) from None
    if found:
        raise MisfitsError(found)
    return made


def _wrong(values: dict[str, object], error: ValidationError) -> list[Misfit]:
    """Return what is wrong with each key, or each entry of a table, once."""
    found: dict[tuple[str, ...], Misfit] = {}
    for fault in error.errors(include_url=False, include_context=True):
        keys = tuple(str(part) for part in fault["loc"])
        # Of several types that an entry may have, it has been tried with each.
        found.setdefault(keys[:2], _misfit(values, fault, keys))
    return list(found.values())


def _misfit(values: dict[str, object], fault: ErrorDetails, path: tuple[str, ...]) -> Misfit:
    key = path[0]
    if fault["type"] == "missing":
        needed = [k for k, field in CellFile.model_fields.items() if field.is_required()]
        return (f"the key {key!r} is missing; a cell needs {', '.join(needed)}",)
    if fault["type"] == "too_short" and len(path) == 1:
        return (f"{key} is empty; a cell needs at least one", key)
    value, named, expected = values[key], key, CellFile.model_fields[key].description
    if isinstance(value, dict) and len(path) > 1:
        name = path[1]
        value, named, expected = value[name], f"{shown(name)} in {key}", ELEMENTS[key]
    own = fault.get("ctx", {}).get("error")
    said = own if own is not None else f"expected {expected}"
    return (f"{named} is {kind(value)}; {said}", *path[:2])


def kind(value: object) -> str:
    """Return what a value of a TOML file is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {_quoted(value)}"
    if isinstance(value, int) and abs(value) >= 10**20:
        return f"a number of {len(str(abs(value)))} digits"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else f"the date or time {value}"


def _quoted(text: str) -> str:
    return f"'{shown(text, 60)}'"
