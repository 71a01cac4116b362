"""Code from a derivation, for NumPy, Numba, PyTorch or JAX.

Takes a derivation; gives the source of a module that needs such a library only, once it has passed
its check.
"""

from __future__ import annotations

from derive.codegen.module import module
from derive.codegen.numbers import WHOLE, own_check
from derive.codegen.porting import installed, ported, require_installed, target_of
from derive.codegen.target import target_named
from derive.codegen.verified import reach_of, require_passed, verified

__all__ = [
    "WHOLE", "installed", "module", "own_check", "ported", "reach_of", "require_installed",
    "require_passed", "target_named", "target_of", "verified",
]  # fmt: skip
