"""Names in a file for Coq: of a network's quantities, and of what is defined of them."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache

from derive.resources import templates_root

RESERVED = frozenset(
    # words of Coq, letters that the prelude or the lemmas bind, and what every file defines
    "as at by cofix do done else end exists exists2 fix for forall from fun if in is isn last let "
    "match mod nosimpl of only return then using where with Prop Set Type SProp "
    "R T S O I n m p t k i j dir prev next back run along adj nat "
    "states States changes Changes chrun adjoints Adjoints adj_E carry carry_T contrib step flowed "
    "shifts Shifts imm own rt rtrl rtrl_along d_xi gx gx_E gx_printed pushed lossed lagged not_yet "
    "changed followed everything HX differential residual_at "
    "targets proved flows arrives recurs printed lt HF HE".split()
)
_DEFINED = re.compile(r"^(?:Definition|Lemma|Ltac|Section|Variables?) (\w+)", re.MULTILINE)


@cache
def defined() -> frozenset[str]:
    """Return the names that the prelude defines."""
    prelude = templates_root() / "coq" / "prelude.v"
    return frozenset(_DEFINED.findall(prelude.read_text(encoding="utf-8")))


class CoqLetters:
    """Gives each thing a name of its own, near the one that is wished for."""

    def __init__(self) -> None:
        self._given: dict[Hashable, str] = {}
        self._taken = {*RESERVED, *defined()}

    def of(self, thing: Hashable, wish: str) -> str:
        """Return the name of a thing; the first time, the one wished for or one near it."""
        if thing not in self._given:
            name = re.sub(r"\W", "_", wish, flags=re.ASCII)
            name = name if name[0].isalpha() else f"v{name}"
            while name in self._taken:
                name += "_"
            self._taken.add(name)
            self._given[thing] = name
        return self._given[thing]
