"""Faults in what bears a name: texts that are cited, and states that hand on."""

from __future__ import annotations

from typing import Any

from tests.faults.fault import Change, Fault, constant, instead

TOML = "derive.chapters.references.tomllib.loads"
CITED = r"the text '\w+' of references.toml is not the one that was looked up"
LAGS = "derive.catalogue.lags"
CALLED = "is called otherwise than it is"


def _cited(name: str, change: Change) -> Fault:
    """Change the table of a text that is cited, as it is read."""

    def changed(right: Any, read: str) -> Any:
        return {
            key: change(dict(table)) if key == "elman1990" and isinstance(table, dict) else table
            for key, table in right(read).items()
        }

    return Fault(
        name, TOML, instead(changed), ("run handout elman -T 1 --format md --out {out}",), CITED
    )


def _lagged(name: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{LAGS}.{target}", make, ("run explain {lagged}",), CALLED)


def _with(name: str, wrong: str, right: str) -> Change:
    return lambda table: {**table, name: str(table[name]).replace(wrong, right)}


FAULTS = (
    _cited("another author of a text", _with("text", "Elman", "Ellman")),
    _cited("another year of a text", _with("text", "1990", "1991")),
    _cited("other pages of a text", _with("text", "179–211", "179–221")),
    _cited("another short name", _with("short", "1990", "1992")),
    _cited("another doi", _with("doi", "1402_1", "1402_2")),
    _cited("a paper of another network", lambda table: {**table, "cells": ["gru"]}),
    _lagged("two digits that are exchanged", "DIGITS",
            constant("zero one three two four five six seven eight nine".split())),
    _lagged("digits from one", "DIGITS",
            constant("one two three four five six seven eight nine ten".split())),
    _lagged("a lag that says one more", "Lags._name",
            instead(lambda right, self, name, extra: right(self, name, extra + 1))),
    _lagged("a lag that never says how many", "Lags._name",
            instead(lambda right, self, name, extra: right(self, name, 1))),
    _lagged("the lag of another quantity", "Lags._name",
            instead(lambda right, self, name, extra: right(self, "x", extra))),
)  # fmt: skip
