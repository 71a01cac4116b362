"""The words and controls of the panels of a page, made without what writes them."""

from __future__ import annotations

from collections.abc import Mapping

from derive.budgets import most
from derive.document.beside import Beside
from derive.document.text import Text, Value
from derive.numerics.initialisation import MATRICES
from derive.publishing.horizoned import LONGEST
from derive.publishing.panelmeant import MeantPanel
from derive.publishing.wording import Wording

_INPUTS: Mapping[str, str] = {
    "scale": "id=live-scale max=3 min=0.1 step=0.05 type=range value=1",
    "inputs": "id=live-inputs max=3 min=0 step=0.05 type=range value=0.3",
    "seed": "id=live-seed max=9999 min=0 step=1 type=number value=0",
}
_SAID_FIRST: Mapping[str, str] = {"scale": "1", "inputs": "0.3"}

_DRAWN = (
    "tanh", "sigmoid", "bipolar", "relu", "identity", "softplus", "silu", "elu", "leaky_relu",
)  # fmt: skip


def say_horizons(wording: Wording, beside: Beside) -> None:
    """Say what stands above what depends on the number of steps, and what each of it is called."""
    sign = wording.words.sign
    shown = len(beside.horizons)
    if shown < LONGEST:
        limit: dict[str, Value] = {"most": most("page-bytes")}
        sign("paragraph")
        wording.say_value(
            Text("ui.horizons.left", {**limit, "last": shown})
            if shown
            else Text("ui.horizons.none", limit)
        )
    if not shown:
        return
    first, last = beside.horizons[0].steps, beside.horizons[-1].steps
    sign("paragraph")
    wording.say_sentence("ui.horizons.intro")
    sign("paragraph", "setting")
    sign("label", "for=horizon")
    wording.say_sentence("ui.horizons.choice")
    sign("input", f"id=horizon max={last} min={first} step=1 type=range value={beside.chosen}")
    sign("output", "for=horizon")
    wording.words.text(str(beside.chosen))
    for one in beside.horizons:
        sign("horizon", f"horizon-{one.steps}")
        wording.say_value(Text("ui.horizons.steps", {"count": one.steps}))


def say_live(wording: Wording, panel: MeantPanel) -> None:
    """Say the sentences of the panel that computes, its settings, and where its results stand."""
    sign = wording.words.sign
    for sentence in panel.sentences:
        sign("paragraph")
        wording.say_value(sentence)
    for name, words in panel.labels:
        sign("paragraph", "setting")
        sign("label", f"for=live-{name}")
        wording.say_value(words)
        if name in _INPUTS:
            sign("input", _INPUTS[name])
        else:
            sign("select", f"id=live-{name}")
        if name == "kind":
            for kind in MATRICES:
                sign("option", f"value={kind}")
                wording.say_value(Text(f"landscape.matrix.{kind}"))
        for other in _DRAWN if name == "activation" else ():
            chosen = "selected= " if other == panel.activation else ""
            sign("option", f"{chosen}value={other}")
            wording.say_value(Text(f"landscape.activation.{other}"))
        if name in _SAID_FIRST:
            sign("output", f"for=live-{name}")
            wording.words.text(_SAID_FIRST[name])
    plot = wording.plain_value(Text("ui.live.plot"))
    sign("plot", f"aria-label={plot} class=plot id=live-plot role=img")
    sign("list", "results")
    for name, words in panel.results:
        sign("item", "-")
        wording.say_value(words)
        sign("output", f"id=live-{name}")
    sign("paragraph", "overflow")
    wording.say_sentence("ui.live.overflow")
    sign("output", "id=live-overflow")
