"""NumPy code from a derivation.

Takes a derivation; gives the source of a module that needs NumPy only, once it has passed its check.
"""

from __future__ import annotations

from derive.codegen.module import module
from derive.codegen.numbers import own_check
from derive.codegen.verified import require_passed, verified

__all__ = ["module", "own_check", "require_passed", "verified"]
