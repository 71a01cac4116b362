"""Names of quantities as names in a Python module."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any

RESERVED = frozenset(
    "np Array T B t x_ dtype values rows float range zip dict sum forward gradients check parameters "
    "data initial PARAMETERS DATA INITIAL GIVEN_ONLY TOLERANCE result grads sizes name step loss "
    "error errors size_of sizes_of total_loss".split()
)


class Names:
    """Hands out names, no two alike; a name that is taken gets an underscore."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*RESERVED, *taken}
        self.of: dict[Any, str] = {}

    def give(self, thing: Any, wish: str) -> str:
        """Yield the name of a thing, as close as possible to the wish."""
        if thing not in self.of:
            self.of[thing] = self.fresh(wish)
        return self.of[thing]

    def fresh(self, wish: str) -> str:
        """Yield a name that nothing has."""
        name = re.sub(r"\W", "_", wish)
        if name[:1].isdigit():
            name = f"_{name}"
        while keyword.iskeyword(name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
