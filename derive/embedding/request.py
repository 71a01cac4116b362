"""What a page asks for: a network, and which parts of its derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from derive.catalogue import options_of
from derive.document.language import languages
from derive.errors import UsageError, shown
from derive.publishing.publish import possible_steps
from derive.render.page.escaping import require_prefix
from derive.suggest import suggestion

SELECTING = ("eq", "section", "figure")
"""The options that name parts; without any of them all sections are meant."""

CODE = "code"
"""The option that asks for the NumPy module of the network; it has no value."""

SETTING = ("steps", "seed", "notation", "language", "label-prefix")
"""The options that say how, whatever the network."""

NETWORK = {
    "activation": "activation",
    "output-layer": "output_layer",
    "bias": "bias",
    "loss": "loss",
    "initial": "initial",
}
"""The options of a network, by what they are called on a page."""

PROVED = {"checks", "proof", "general", "assumed", "obligations"}
"""The sections and tables that tell what was proved, for small sizes or for every size."""


@dataclass(frozen=True)
class Network:
    """A derivation that is wanted; ``cell`` is a name, or the path of a file of equations."""

    cell: str
    steps: int = 3
    seed: int = 0
    notation: str = "source"
    language: str = "en"
    options: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Request:
    """What stands in one place of a page; equations, sections and figures by their ids."""

    network: Network
    equations: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    prefix: str = ""
    code: bool = False

    @property
    def whole(self) -> bool:
        """Tell whether no parts are named."""
        return not (self.equations or self.sections or self.figures or self.code)

    @property
    def proved(self) -> bool:
        """Tell whether something of what was proved is to be shown."""
        return self.whole or not PROVED.isdisjoint((*self.sections, *self.figures))


def request(cell: str, options: Mapping[str, str], folder: Path) -> Request:
    """Return the request that stands on a page; a `UsageError` for what it can't mean.

    ``folder`` is where the name of a file begins.
    """
    allowed = (*SELECTING, CODE, *SETTING, *NETWORK)
    for name in options:
        if name not in allowed:
            raise UsageError(f"no option {name!r}: {suggestion(name, allowed)}")
    if not cell:
        raise UsageError("no network is named; expected a cell, such as elman, or a file.toml")
    name = str(folder / cell) if cell.endswith(".toml") else cell
    language = options.get("language", "en")
    if language not in languages():
        raise UsageError(f"no language {language!r}: {suggestion(language, languages())}")
    steps = possible_steps(_whole(options, "steps", 3))
    network = Network(
        name,
        steps,
        _whole(options, "seed", 0),
        options.get("notation", "source"),
        language,
        tuple(_network(name, options)),
    )
    for kind in SELECTING:
        if not options.get(kind, "all").strip(" ,"):
            raise UsageError(f"the option {kind} names nothing; without it, all sections are meant")
    equations, sections, figures = (
        tuple(options.get(kind, "").replace(",", " ").split()) for kind in SELECTING
    )
    prefix = options.get("label-prefix", "")
    require_prefix(prefix)
    return Request(network, equations, sections, figures, prefix, code=CODE in options)


def _network(cell: str, options: Mapping[str, str]) -> list[tuple[str, object]]:
    given = {name: options[name] for name in NETWORK if name in options}
    if not given:
        return []
    known, found = options_of(cell), list[tuple[str, object]]()
    for name, text in given.items():
        option = NETWORK[name]
        if option not in known:
            allowed = [page for page, own in NETWORK.items() if own in known]
            raise UsageError(f"{cell} has no option {name!r}: {suggestion(name, allowed)}")
        value: object = text
        if isinstance(known.get(option), bool):
            if text.lower() not in ("true", "false", ""):
                raise UsageError(f"the option {name} is '{shown(text)}': expected true or false")
            value = text.lower() != "false"
        found.append((option, value))
    return found


def _whole(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(
            f"the option {name} is '{shown(text)}': expected a whole number, such as 3"
        )
    return int(text)
