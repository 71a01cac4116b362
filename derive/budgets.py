"""How much a file may ask for: every limit in one place, with the reason for its height.

A file of a few hundred characters can ask for years of work or all of the memory.  Each limit is far
above what a derivation for a person needs, and ``--limit NAME=NUMBER`` raises it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from derive.errors import SpecError, UsageError, shown


@dataclass(frozen=True)
class Budget:
    """One limit: its name on the command line, its height, what it counts, and why it is there."""

    name: str
    most: int
    unit: str
    why: str


BUDGETS: dict[str, Budget] = {
    budget.name: budget
    for budget in (
        Budget("cell-bytes", 200_000, "bytes of a cell file", "a long cell has some 3 000"),
        Budget("nesting", 20, "levels of lists and tables in a file",
               "claims, the deepest files, have 4; Python's readers stop at some hundreds"),
        Budget("formula-characters", 5_000, "characters of a formula", "a long one has 300"),
        Budget("formula-nesting", 60, "parentheses, brackets and signs inside each other",
               "each is some calls of the reader inside each other, of which Python allows 1000"),
        Budget("formula-size", 400, "operations of a formula, or of an equation once read",
               "the rules of derivation walk through all of them, and a long equation has 50"),
        Budget("name-characters", 40, "characters of a name", "it stands in every equation"),
        Budget("names", 60, "quantities of a cell, parameters and constants included",
               "the time of a derivation grows with their square: a stacked LSTM has 40"),
        Budget("size", 32, "components of a vector, or of all states together, where a letter counts "
               "as 2, 3, 4 and so on", "a check holds numbers for pairs of components, and of steps, "
               "and needs 1 GB for 32 components"),
        Budget("states", 10, "states of a cell", "each has a Jacobian with respect to each"),
        Budget("equations", 80, "equations of a step, those included that name what stands inside a "
               "function", "each has a derivative with respect to each before it"),
        Budget("paths", 500, "paths from the loss of a step back to the step before",
               "a derivative has a term for each: an LSTM has some 30"),
        Budget("proof", 180_000, "operations of a symbolic proof in a handout",
               "some ten seconds; a longer one is made for fewer steps, or left out"),
        Budget("proof-terms", 4_000_000, "products of terms in the polynomials of a symbolic proof",
               "some ten seconds, and some hundred MB; what is longer is not proved, and the handout "
               "says so"),
        Budget("certificate-terms", 60_000, "terms that a checker makes of a certificate, for a handout",
               "a network that ships takes 2 500 to 45 000, the last in some 15 seconds; what is left "
               "then is not proved, and the handout says so"),
        Budget("coq-seconds", 1_200, "seconds that Coq has for a file",
               "a network that ships takes some 10 to 70 of a processor; step Jacobians take minutes"),
        Budget("page-bytes", 1_500_000, "bytes of a page of HTML",
               "it is sent by mail and opened on phones; what it shows for other numbers of steps is "
               "left out of a longer one, the largest first, and the page says so"),
        Budget("digits", 40, "digits of a number", "float64 has 17"),
        Budget("exponent", 100, "decimal places that a number may be large or small",
               "products of a few such numbers must stay within float64, 1e308"),
        Budget("power", 50, "the exponent of a power", "it is worked out exactly, and multiplied"),
        Budget("sum-range", 2_000, "steps from the first to the last index of a sum or product",
               "it is worked out term by term, and no horizon is longer"),
        # Files of numbers, and of claims.
        Budget("values-bytes", 200_000_000, "bytes of a file of numbers",
               "it is held in memory while it is read"),
        Budget("values-text", 32_000_000, "bytes of a file of numbers that is JSON; an .npz is "
               "smaller", "each number takes up to 16 times its text while it is read"),
        Budget("values-unpacked", 200_000_000, "bytes of all arrays of an .npz, as float64",
               "they are held two or three times"),
        Budget("values-steps", 5_000, "steps in a file of numbers",
               "the gradients of each loss alone then take a quarter of a minute"),
        Budget("result-numbers", 40_000_000, "numbers of one result; take fewer steps, or leave it "
               "out with --only", "they take 320 MB, and as much again while they are checked"),
        Budget("table-bytes", 1_000_000, "bytes of a table of documents", "a row has some 100"),
        Budget("table-rows", 1_000, "documents of a table", "each takes some seconds"),
        Budget("claims-bytes", 200_000, "bytes of a file of claims", "a long one has 20 000"),
        Budget("claim-steps", 1_000, "steps T of a claim",
               "its derivatives are taken between all pairs of steps"),
        Budget("claim-terms", 300_000, "terms of a claim's sums and products, at all its indices",
               "each takes some microseconds, on six sets of data"),
    )
}  # fmt: skip
"""The limits by name."""

_raised: dict[str, int] = {}


def most(name: str) -> int:
    """Return the limit of that name, as given on the command line or else as it is here."""
    return _raised.get(name, BUDGETS[name].most)


def within(name: str, amount: int, what: str) -> None:
    """Check an amount against a limit; a `SpecError` that says what is too large for it."""
    if amount > most(name):
        raise SpecError(exceeded(name, what))


def exceeded(name: str, what: str) -> str:
    """Return the message for what is too large: the limit, and the option that raises it."""
    return (
        f"{what}; expected at most {most(name)} {BUDGETS[name].unit} "
        f"(`--limit {name}=NUMBER` raises this limit)"
    )


def use(given: Iterable[str]) -> None:
    """Set the limits of a command, each as ``NAME=NUMBER``; the others are as they are here."""
    chosen: dict[str, int] = {}
    for text in given:
        name, sign, number = text.partition("=")
        if name not in BUDGETS:
            close = get_close_matches(name, BUDGETS, n=1)
            said = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(BUDGETS)}"
            raise UsageError(f"there is no limit {shown(name)!r}: {said}")
        if not sign or not (number.isascii() and number.isdigit()) or len(number) > 15:
            raise UsageError(
                f"the limit {name} is {shown(number)!r}: expected a whole number, such as "
                f"{name}={2 * BUDGETS[name].most}"
            )
        chosen[name] = int(number)
    _raised.clear()
    _raised.update(chosen)
