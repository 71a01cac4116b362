"""Proves every network that ships, by the checker and where it can by Coq: `make prove`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.errors import DerivationError
from derive.proving.certificate import STEPS
from derive.proving.coq.file import text_of


def proved(name: str, folder: Path) -> bool:
    """Prove one network, and tell whether all of it was proved; what is left is printed."""
    cell = load(name)
    try:
        text_of(cell, tuple(Derivation(cell, STEPS).equations()))
        more = ["--coq", str(folder / f"{name}.v")]
    except DerivationError as refused:
        print(f"{name}: {refused}")
        more = []
    start = time.perf_counter()
    status = main(["prove", name, *more])
    print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    return status == 0


def run(chosen: list[str]) -> int:
    """Prove the networks that are named, or all; 1 if one is not proved."""
    with tempfile.TemporaryDirectory() as folder:
        # All are proved, also behind one that is not.
        results = [proved(name, Path(folder)) for name in chosen or names()]
        return int(not all(results))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
