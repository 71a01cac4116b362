"""NumPy code from a derivation."""

from __future__ import annotations

from derive.codegen.module import module
from derive.codegen.verified import own_check, verified

__all__ = ["module", "own_check", "verified"]
