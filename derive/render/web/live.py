"""The panel of a page that computes norms over many steps for settings of the reader's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derive.document.beside import LivePanel
from derive.document.text import Text
from derive.render.page.words import Speaker

KINDS = (
    "orthogonal", "gaussian", "uniform", "identity", "nilpotent", "jordan", "nonnormal",
    "square_zero",
)  # fmt: skip
"""The kinds of matrices that the script draws."""

ACTIVATIONS = (
    "tanh", "sigmoid", "bipolar", "relu", "identity", "softplus", "silu", "elu", "leaky_relu",
)  # fmt: skip
"""The activations that the script knows."""


@dataclass(frozen=True)
class LiveView:
    """What stands in the panel: its sentences, the words beside its controls, and its options.

    Options are values with their words; ``activation`` is the value that is chosen first.
    """

    sentences: tuple[str, ...]
    labels: Mapping[str, str]
    results: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    activations: tuple[tuple[str, str], ...]
    activation: str


def live_view(panel: LivePanel, speaker: Speaker) -> LiveView:
    """Return the strings of a panel."""
    say = speaker.say
    return LiveView(
        tuple(map(say, panel.sentences())),
        {name: say(words) for name, words in panel.labels()},
        tuple((name, say(words)) for name, words in panel.results()),
        tuple((kind, say(Text(f"landscape.matrix.{kind}"))) for kind in KINDS),
        tuple((name, say(Text(f"landscape.activation.{name}"))) for name in ACTIVATIONS),
        panel.activation,
    )
