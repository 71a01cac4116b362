"""What a loop over time hands from step to step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HandedOn:
    """A quantity of a loop that is a function of one step: its array, and its names in that function.

    ``now`` is what the step computes, ``beside`` what the step beside it did, which is ``read`` or not.
    """

    array: str
    now: str
    beside: str
    read: bool
