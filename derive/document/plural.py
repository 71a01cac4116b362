"""The plural categories of a language, as Unicode's CLDR has them: which form goes with a number."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from derive.errors import RenderError

if TYPE_CHECKING:
    from babel.plural import PluralRule


def category(code: str, number: int) -> str:
    """Return the category of a number: one, other, or few, say; RenderError for no such language."""
    return str(_rule(code)(number))


def categories(code: str) -> frozenset[str]:
    """Return the categories that a language has; RenderError for no such language."""
    return frozenset(_rule(code).tags | {"other"})


@cache
def _rule(code: str) -> PluralRule:
    # Its data take a moment to load, which only documents have to wait for.
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code, sep="-").plural_form
    except (ValueError, UnknownLocaleError) as error:
        raise RenderError(
            f"no plural forms are known for a language {code!r}; name its file by the code of a "
            "language, such as de or pt-BR"
        ) from error
