"""What a page or a line of a notebook asks for, read a second time and held against what it gets.

It knows nothing of `derive.embedding.request`: it takes the options as they stand there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from derive.catalogue import options_of
from derive.checks.chosen import unlike
from derive.embedding.parts import Parts
from derive.embedding.request import Request
from derive.errors import CheckError, shown

NETWORK = {"activation": "activation", "output-layer": "output_layer", "loss": "loss",
           "initial": "initial", "bias": "bias"}  # fmt: skip
"""The options of a network, by what they are called on a page."""

DEFAULTS = {"steps": "3", "seed": "0", "notation": "source", "language": "en", "label-prefix": "",
            "eq": "", "section": "", "figure": ""}  # fmt: skip
"""What an option is that is not there, as the documentation of pages says."""


def require_asked(
    cell: str, options: Mapping[str, str], wanted: Request, found: Parts, folder: Path
) -> None:
    """Raise a `CheckError` unless parts are those of the network and the options that stand there.

    ``folder`` is where the name of a file begins.
    """
    for option, came in _came(wanted, found).items():
        meant = options.get(option, DEFAULTS[option])
        # Names have commas or spaces between; what is one text is compared as it stands.
        if (meant.replace(",", " ").split() if isinstance(came, tuple) else meant) != (
            [*came] if isinstance(came, tuple) else came
        ):
            raise _unlike(f"{option} {meant or 'nothing'}", came)
    if wanted.code != ("code" in options):
        raise _unlike("code" if "code" in options else "no code", "the other")
    made = found.derivation.cell
    named = folder / cell if cell.endswith(".toml") else cell
    name = made.name if made.written is None else made.written.path
    if Path(name) != Path(named):
        raise _unlike(cell, name)
    chosen: dict[str, object] = {} if cell.endswith(".toml") else options_of(cell)
    for option, key in NETWORK.items():
        if option in options:
            text = options[option]
            chosen[key] = text.lower() in ("", "true") if option == "bias" else text
    for said in unlike(made, chosen):
        raise _unlike(f"a network {cell} of another kind", said)


def _came(wanted: Request, found: Parts) -> dict[str, str | tuple[str, ...]]:
    """Return what came out for each option that is a text or a list of names."""
    steps, seed = found.derivation.steps, found.network.seed
    language = found.network.language
    for handout in (found.__dict__.get(name) for name in ("handout", "whole")):
        if handout is not None:
            seed, language = handout.report.seed, handout.document.language
    return {
        "steps": str(steps),
        "seed": str(seed),
        "notation": found.notation.name,
        "language": language,
        "label-prefix": wanted.prefix,
        "eq": wanted.equations,
        "section": wanted.sections,
        "figure": wanted.figures,
    }


def of_words(words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the network's name and the options of a line of a notebook, whose words these are."""
    cell, options, at = "", dict[str, str](), 0
    while at < len(words):
        name, equals, value = words[at].removeprefix("--").partition("=")
        at += 1
        if not words[at - 1].startswith("--"):
            cell = words[at - 1]
            continue
        if name != "code" and not equals:
            value, at = words[at], at + 1
        several = name in ("eq", "section", "figure") and name in options
        options[name] = f"{options[name]} {value}" if several else value
    return cell, options


def of_fence(lines: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the network's name and the options of a fence, whose lines these are, the marks too."""
    cell = lines[0].strip().strip("`~").split(maxsplit=1)
    rows = [line.strip().split(":", 2)[1:] for line in lines[1:-1] if line.strip()]
    return (cell[1].strip() if len(cell) > 1 else ""), {name: text.strip() for name, text in rows}


def _unlike(meant: str, found: object) -> CheckError:
    return CheckError(
        f"what was made is not what is asked for here: {shown(meant)} is asked for, and "
        f"{shown(found)} came out. Nothing is shown; this is a fault of the program, please report it"
    )
