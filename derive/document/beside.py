"""What a page may unfold or work beside a document: checks, other horizons, a panel that computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from derive.document.blocks import Document, Heading
from derive.document.text import Text, Value

if TYPE_CHECKING:
    from sympy import Basic


@dataclass(frozen=True)
class HorizonPart:
    """What depends on the number of steps, for ``steps`` of them, with what is said of its checks."""

    steps: int
    document: Document
    checks: Mapping[str, Text]


@dataclass(frozen=True)
class LivePanel:
    """A panel that computes norms over ``steps`` steps in the browser, for settings of the reader's.

    ``weights`` are the recurrent ones, ``driven`` is what inputs add to the pre-activation, ``jacobian``
    a step Jacobian; ``norm`` and ``term`` are those whose curves are drawn, for each step ``at``.
    ``activation`` is that of the network.
    """

    steps: int
    activation: str
    weights: Basic
    driven: Basic
    jacobian: Basic
    norm: Basic
    term: Basic
    at: Basic

    def sentences(self) -> list[Text]:
        """Return what the panel says of itself."""
        network: dict[str, Value] = {
            "steps": self.steps, "weights": self.weights, "driven": self.driven,
        }  # fmt: skip
        curves: dict[str, Value] = {
            "jacobian": self.jacobian, "norm": self.norm, "term": self.term, "k": self.at,
        }  # fmt: skip
        return [Text("ui.live.intro", network), Text("ui.live.curves", curves)]

    def labels(self) -> list[tuple[str, Text]]:
        """Return the settings by their names, with what stands beside each."""
        return [
            ("scale", Text("ui.live.scale", {"weights": self.weights})),
            ("kind", Text("ui.live.kind")),
            ("inputs", Text("ui.live.inputs", {"driven": self.driven})),
            ("activation", Text("ui.live.activation")),
            ("seed", Text("ui.live.seed")),
        ]

    def results(self) -> list[tuple[str, Text]]:
        """Return what is told in numbers by its names, with what stands before each."""
        far: dict[str, Value] = {"lag": self.steps - 1}
        # That of the first step is 0, as the state before it is.
        first: dict[str, Value] = {"lag": self.steps - 2}
        return [
            ("norm", Text("ui.live.norm", far)),
            ("bound", Text("ui.live.bound", far)),
            ("term", Text("ui.live.term", first)),
        ]


@dataclass(frozen=True)
class Beside:
    """What stands beside a document; ``checks`` says of each equation, by its id, how it was checked.

    ``chosen`` is the number of steps of the horizon that is shown first; ``left`` of them, the largest,
    are left out of a page that would be too long.  ``page`` is the page with all this, once it is made.
    """

    checks: Mapping[str, Text] = field(default_factory=dict)
    horizons: tuple[HorizonPart, ...] = ()
    chosen: int = 0
    live: LivePanel | None = None
    left: int = 0
    page: str = ""

    def without_largest(self) -> Beside:
        """Return the same without the largest horizon that is still there."""
        kept = self.horizons[:-1]
        chosen = min(self.chosen, kept[-1].steps if kept else 0)
        return replace(self, horizons=kept, chosen=chosen, left=self.left + 1, page="")


CHAPTER: Mapping[str, str] = {"horizons": "gradient-", "live": "flow"}
"""The panels by their names, and how the ids of the chapters begin behind which each stands."""


def panels_of(beside: Beside) -> list[str]:
    """Return the names of the panels of a page, in their order."""
    there = {"horizons": bool(beside.horizons or beside.left), "live": beside.live is not None}
    return [name for name in CHAPTER if there[name]]


def ends_before(document: Document, chapter: str) -> str | None:
    """Return the id of the chapter behind the last whose id begins so; None if that is the last."""
    heads = [b for b in document.blocks if isinstance(b, Heading) and b.level == 1]
    places = [n for n, head in enumerate(heads) if head.id.startswith(chapter)]
    behind = heads[places[-1] + 1 :] if places else []
    return behind[0].id if behind else None
