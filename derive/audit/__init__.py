"""Claims of texts, tested: each is evaluated as it is written, and so is its correction."""

from __future__ import annotations

from derive.audit.claims import Claim, Claims, Reading, shipped, user_claims
from derive.audit.judge import Finding, Tested, Verdict, judge
from derive.audit.trial import ClaimVerifier, Trial

__all__ = [
    "Claim",
    "ClaimVerifier",
    "Claims",
    "Finding",
    "Reading",
    "Tested",
    "Trial",
    "Verdict",
    "judge",
    "shipped",
    "user_claims",
]
