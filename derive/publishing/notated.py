"""The notation in which something is printed is the one that was asked for, as its file has it."""

from __future__ import annotations

import tomllib

from derive.errors import CheckError
from derive.resources import templates_root
from derive.typesetting.notation import Notation


def require_notation(found: Notation, name: str) -> Notation:
    """Return a notation that is the one of that name; a `CheckError` for any other.

    Its file is read anew: what is called after a notation may have the symbols of another.
    """
    path = templates_root() / "notation" / f"{name}.toml"
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))
    symbols = {"symbols": {**found.symbols}, "plain": {**found.plain}, "typst": {**found.typst}}
    came = {"title": found.title, **symbols}
    if (found.name, came) != (name, wanted):
        raise CheckError(
            f"the notation {name} is asked for, and another came, which is called {found.name} and "
            f"has the symbols {symbols['symbols']}. Nothing is printed; correct what reads notations"
        )
    return found
