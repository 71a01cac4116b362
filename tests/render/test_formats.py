"""Formats are found, not listed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import derive.render
from derive.errors import UsageError
from derive.render import format_named, formats


def test_the_formats_that_ship() -> None:
    assert list(formats()) == ["html", "latex", "markdown", "pdf"]
    with pytest.raises(UsageError, match="there are: html, latex, markdown, pdf"):
        format_named("docx")


def test_a_new_module_is_a_new_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scroll.py").write_text("NAME, SUFFIX = 'scroll', '.x'\n", encoding="utf-8")
    monkeypatch.setattr(derive.render, "__path__", [*derive.render.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "derive.render.scroll", raising=False)
    assert "scroll" in formats.__wrapped__()


def test_finding_them_loads_nothing_heavy() -> None:
    code = (
        "import sys; from derive.render import formats; formats(); "
        "print({'sympy', 'jinja2', 'pylatex', 'matplotlib', 'numpy'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.strip() == "set()"
