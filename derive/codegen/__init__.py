"""NumPy code from a derivation."""

from __future__ import annotations

from derive.codegen.module import module

__all__ = ["module"]
