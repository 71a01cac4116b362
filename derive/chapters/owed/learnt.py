"""What a study of training owes: what its outcomes make true, and what was trained with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derive.bptt.derivation import Derivation
from derive.chapters.meant.missing import lacks
from derive.document.blocks import Block, Display, FigureBlock, Heading, Prose, TableBlock
from derive.document.text import Value, numeric
from derive.gradientflow.outcomes import LEARNT

LEARNING = "prose.learning."

ALWAYS = ("task", "network", "outcome", "read", "smaller")

FURTHEST = "orthogonal"
"""The method that is said to reach furthest, and where it ends."""

SHOWN = ("learning", "learning-shares", "learning-outcomes")
"""The heading, the figure and the table."""


def require_learnt(
    blocks: Sequence[Block],
    derivation: Derivation,
    outcomes: Mapping[tuple[str, int], Sequence[float]],
) -> None:
    """Raise a `CheckError` for a study that leaves out what its outcomes, by method and length, owe."""
    said = {b.key.removeprefix(LEARNING): b.values for b in blocks if isinstance(b, Prose)}
    wanted = [*ALWAYS, *_owed(said.get("outcome", {}), outcomes)]
    found = [name for name in said if name != "limit_farthest"]
    if "limit_farthest" in said:
        found.append("limit")
    if sorted(found) != sorted(wanted):
        raise lacks("the study of training", f"the sentences {', '.join(sorted(wanted))}")
    ids = [b.id for b in blocks if isinstance(b, Heading | FigureBlock | TableBlock)]
    if ids != [*SHOWN]:
        raise lacks("the study of training", ", ".join(SHOWN))
    recursion = derivation.recursion
    used = [*recursion.ends(), *recursion.steps()]
    used += [recursion.accumulated(p) for p in derivation.cell.parameters]
    displayed = [b.equation.id for b in blocks if isinstance(b, Display)]
    if displayed != [equation.id for equation in used]:
        raise lacks("the study of training", "the gradients that it trains with")


def _owed(
    outcome: Mapping[str, Value], outcomes: Mapping[tuple[str, int], Sequence[float]]
) -> list[str]:
    """Return what is owed beside what always is."""
    least = min(min(shares) for shares in outcomes.values())
    below = ["below"] if 100 * least < numeric(outcome.get("low")) else []
    reached = [_longest(outcomes, method) for method in ("clipped", FURTHEST)]
    further = ["further"] if reached[0] < reached[1] else []
    own = [shares for (method, _), shares in outcomes.items() if method == FURTHEST]
    limit = ["limit"] if any(min(shares) < LEARNT for shares in own) else []
    return below + further + limit


def _longest(outcomes: Mapping[tuple[str, int], Sequence[float]], method: str) -> int:
    learnt = [
        n for (name, n), shares in outcomes.items() if name == method and min(shares) >= LEARNT
    ]
    return max(learnt, default=0)
