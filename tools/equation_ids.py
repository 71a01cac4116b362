"""Prints the ids of all equations of the networks that ship: `derive/cli/ids.txt`, made anew.

`derive list --ids` compares with that file, and so can't renew it.
"""

from __future__ import annotations

from derive.bptt.derivation import derive
from derive.catalogue import load, names

STEPS = 3
"""The horizon that is meant where a command is given none."""


def main() -> None:
    """Print an id on each line."""
    for name in names():
        for equation in derive(load(name), STEPS):
            print(equation.id)


if __name__ == "__main__":
    main()
