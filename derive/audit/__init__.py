"""Claims of texts, tested as they are written.

Takes claims, those that ship or a file of the user's, and a cell; gives a verdict on each and on its
correction, with the numbers that it rests on.
"""

from __future__ import annotations

from derive.audit.claims import Claim, Claims, Reading, SourceText, shipped, user_claims
from derive.audit.judge import Judgement, Tested, Verdict, judge
from derive.audit.outcome import Trial
from derive.audit.taken import require_taken
from derive.audit.tested import require_tested
from derive.audit.trial import ClaimVerifier

__all__ = [
    "Claim",
    "ClaimVerifier",
    "Claims",
    "Judgement",
    "Reading",
    "SourceText",
    "Tested",
    "Trial",
    "Verdict",
    "judge",
    "require_taken",
    "require_tested",
    "shipped",
    "user_claims",
]
