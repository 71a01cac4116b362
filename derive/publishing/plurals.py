"""The forms of sentences that count, against a second reading of the rule of their language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from gettext import c2py

from derive.document import language as languages
from derive.document.blocks import Document
from derive.document.conditions import said
from derive.errors import CheckError

_CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""In the order in which a rule for gettext counts those that a language has."""

_MANY = 200
"""Numbers up to here tell whether a form is that of one number only."""


def require_forms(document: Document) -> None:
    """Raise a `CheckError` unless each sentence has the form of its number, which the form says.

    A form without its number may stand for one number only, as "one step" does.
    """
    language = languages.load(document.language)
    for key, values in said((document.title, document.blocks)):
        if key not in language.plurals:
            continue
        counted = language.plurals[key]
        number = values[counted]
        assert isinstance(number, int)
        category = _category(language.code)
        wanted, form = category(number), language.form(key, values)
        if form != f"{key}.{wanted}":
            raise _failed(document, f"{form} is said of {number}, which is {wanted!r}")
        alone = sum(category(n) == wanted for n in range(_MANY)) == 1
        if f"{{{counted}}}" not in language.entries[form] and not alone:
            raise _failed(document, f"{form} does not say its number, which is {number}")


@cache
def _category(code: str) -> Callable[[int], str]:
    """Return the category of a number, by the rule as it is written for gettext."""
    # Their data take a moment to load, which only documents have to wait for.
    from babel import Locale
    from babel.plural import to_gettext

    rule = Locale.parse(code, sep="-").plural_form
    index = c2py(to_gettext(rule).partition("plural=")[2].strip("; "))
    known = [name for name in _CATEGORIES if name in rule.tags or name == "other"]
    return lambda number: known[index(number)]


def _failed(document: Document, problem: str) -> CheckError:
    return CheckError(
        f"document {document.id} has a sentence in a wrong form: {problem}. Nothing is written; "
        "correct the forms in the language file, or what chooses them"
    )
