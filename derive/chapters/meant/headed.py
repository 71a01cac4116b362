"""The heads of tables: for each table, what its columns are called, a second time."""

from __future__ import annotations

import re

from derive.document.blocks import TableBlock
from derive.errors import CheckError

_REMEDIES = "span window_bias window_cosine chunk_bias chunk_cosine"
_RUNS = "activation matrix scale inputs n steps last bound verdict"

HEADS: dict[str, str] = {
    "all-checks": "equation id kind method places error",
    "all-experiments": _RUNS,
    "assumed": "item assumption",
    "audit-summary": "number claim verdict size",
    "clipping-angles": "clipped cosine",
    "example-forward": "value( value)+",
    "example-within": "symbol( step)+",
    "example-parameters": "parameter value( parameter value)*",
    "flow-runs": "run far bound( verdict)?",
    "flow-shares": "latest share missing",
    "glossary-table": "symbol meaning introduced",
    "learning-outcomes": "steps method learnt low middle high",
    "memory-runs": "run( far)+",
    "obligations": "chapter about proved numbers",
    "proved": "gradient steps sizes entries nonzero",
    "symbols": "symbol meaning shape",
    "truncation-bias": _REMEDIES,
    "uses": "(value )?parameter enters factor( first)?",
}
"""By the ids of tables: the keys of their heads from left to right, as a pattern."""


def require_heads(table: TableBlock) -> None:
    """Raise a `CheckError` unless the columns of a table are called what they are, in their order.

    What stands in a column is compared by its place, and does not tell what its head says.
    """
    found = " ".join(head.key.rpartition(".")[2] for head in table.header)
    wanted = HEADS.get(table.id)
    columns = {len(table.header), *map(len, table.rows)}
    if wanted is None or not re.fullmatch(wanted, found) or len(columns) > 1:
        raise CheckError(
            f"table {table.id} does not have the heads of its columns: {found} stands above "
            f"{', '.join(map(str, sorted(columns)))} columns, {wanted or 'nothing is known that'} is "
            "meant. Nothing is written; correct the heads"
        )
