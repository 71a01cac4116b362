"""The cells that ship, apart by whether they have matrices, which have no step Jacobians."""

from __future__ import annotations

from derive.catalogue import names

MATRICES = ("deltanet", "mlstm")
"""Those with matrices; `tests.bptt.test_matrices` sees that these are all."""

COLUMNS = [name for name in names() if name not in MATRICES]
"""Those whose derivation has products of step Jacobians."""
