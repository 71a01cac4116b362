"""The plugin for MkDocs: ``plugins: [derive]``, then fences called ``bptt`` in a page.

Equations are numbered page by page, and `` {eq}`label` `` in the text refers to one by its number.
"""
