"""What each placeholder of a sentence means: computed anew where the sentence stands, and compared.

The chapters fill the placeholders; nothing here is used by them.  A sentence without a rule for one of
its placeholders can't be said, unless another check compares it (`ELSEWHERE`).
"""

from __future__ import annotations

from derive.chapters.meant.judge import ELSEWHERE, RULES, require_meant

__all__ = ["ELSEWHERE", "RULES", "require_meant"]
