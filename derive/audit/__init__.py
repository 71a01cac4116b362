"""Claims of texts, tested: each is evaluated as it is written, and so is its correction."""

from __future__ import annotations

from derive.audit.claims import Claim, Reading, shipped, user_claims
from derive.audit.judge import Finding, Trial, Verdict, judge

__all__ = ["Claim", "Finding", "Reading", "Trial", "Verdict", "judge", "shipped", "user_claims"]
