"""What a handout owes, and whether it stands there: nothing is left out unnoticed.

The chapters write a handout; nothing here is used by them.  ``templates/owed.toml`` says what must
stand, under which facts of the cell and of how the handout was asked for, and for which members of
which domains; tables, lists and what formulas use are compared with what they must cover.
"""

from __future__ import annotations

from derive.chapters.owed.judge import require_complete
from derive.chapters.owed.owing import Asked
from derive.chapters.owed.studied import require_introduced, require_studied

__all__ = ["Asked", "require_complete", "require_introduced", "require_studied"]
