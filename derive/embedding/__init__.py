"""Parts of a derivation in other people's pages: what Sphinx, MkDocs and notebooks share.

Takes a request, options as words; gives equations, sections and figures, each checked and read back.
"""
