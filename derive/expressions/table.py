"""Tables over the nodes: for one purpose, what is done with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeAlias, TypeVar

from sympy import Basic

from derive.errors import DerivationError, DeriveError

Entry = TypeVar("Entry")
Nodes: TypeAlias = "type | tuple[type, ...]"


class Table(Generic[Entry]):
    """The entries of one purpose, found by the exact class of a node.

    What holds for a class need not hold for one that is derived from it: f'' is no f'.  So nothing
    is inherited, and each node has an entry or is omitted for a stated reason; a node that has
    neither is one that was forgotten (the tests look for it).

    ``purpose`` completes "cannot …", with the node after the verb: "cannot write Norm as NumPy code".
    """

    def __init__(
        self,
        purpose: str,
        entries: Mapping[Nodes, Entry] | None = None,
        error: type[DeriveError] = DerivationError,
    ) -> None:
        self.purpose, self._error = purpose, error
        self.entries: dict[type, Entry] = {}
        self.omitted: dict[type, str] = {}
        self.add(entries or {})

    def add(self, entries: Mapping[Nodes, Entry]) -> None:
        """Give nodes their entries; several that share one stand in a tuple.

        Raises ValueError where a node stands in the table already.
        """
        for nodes, entry in entries.items():
            for node in nodes if isinstance(nodes, tuple) else (nodes,):
                self._claim(node)
                self.entries[node] = entry

    def omit(self, reason: str, *nodes: type) -> None:
        """Declare that nodes have no entry, and why; ValueError where one stands in the table."""
        for node in nodes:
            self._claim(node)
            self.omitted[node] = reason

    def _claim(self, node: type) -> None:
        if node in self.entries or node in self.omitted:
            raise ValueError(f"{node.__name__} stands twice in the table to {self.purpose}")

    def __getitem__(self, node: Basic) -> Entry:
        """Return the entry of a node; an error that says why there is none, and what there is."""
        kind = type(node)
        found = self.entries.get(kind)
        if found is None:
            why = self.omitted.get(kind, "it is no node that this table knows")
            known = ", ".join(sorted(entered.__name__ for entered in self.entries))
            verb, _, rest = self.purpose.partition(" ")
            cannot = " ".join(["cannot", verb, kind.__name__, *([rest] if rest else [])])
            raise self._error(f"{cannot}: {why}; known are {known}")
        return found
