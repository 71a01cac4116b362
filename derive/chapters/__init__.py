"""What a document says, chapter by chapter.

Takes a derivation, its checks and numbers; gives blocks in order, words as keys and mathematics as
equations.  Knows no format.
"""
