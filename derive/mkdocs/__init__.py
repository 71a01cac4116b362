"""The plugin for MkDocs: ``plugins: [derive]``, then fences called ``bptt`` in a page.

Takes the Markdown of a page; gives it with the parts of derivations in it. Equations are numbered page
by page, and `` {eq}`label` `` in the text refers to one by its number.
"""

from __future__ import annotations

from derive.resources import require_extra

require_extra("mkdocs", "mkdocs")
