"""The constants of a file, and the file of a page, are read a second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from derive.catalogue.declarations import Declared
from derive.checks.loaded import load
from derive.embedding import parts
from derive.embedding.request import Network, Request
from derive.errors import CheckError

CELL = """
inputs = { x = "n" }
states = { s = "n" }
equations = \"\"\"
s[t] = max(tanh(W*s[t-1] + x[t]), beta*abs(s[t-1]) - 9)
z[t] = V*s[t]
\"\"\"
parameters = { W = "n n", V = "m n" }
constants = { beta = 0.25 }
"""


def test_a_constant_that_equations_hide_is_compared_with_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CELL, encoding="utf-8")
    load(str(path))
    right: Any = Declared._constants
    monkeypatch.setattr(
        Declared, "_constants", lambda self: {p: 2 * v for p, v in right(self).items()}
    )
    with pytest.raises(
        CheckError, match=r"the constant beta is 0\.25 in the text, and 0\.5 in the"
    ):
        load(str(path))


class Forgetful:
    """SHA-256 of nothing, whatever is given."""

    def __getattr__(self, name: str) -> Any:
        import hashlib

        return lambda content: hashlib.sha256(b"")


def test_a_page_does_not_show_an_earlier_state_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CELL, encoding="utf-8")
    wanted = Request(Network(str(path), 2), equations=("c-forward-s",))
    monkeypatch.setattr(parts, "hashlib", Forgetful())
    parts.parts(wanted)
    path.write_text(CELL.replace("tanh", "sigmoid"), encoding="utf-8")
    with pytest.raises(CheckError, match="an earlier state of the file"):
        parts.parts(wanted)
