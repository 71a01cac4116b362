"""From an equation to its check, and proofs for small sizes.

Takes a derivation and random data; gives a `Check` for each equation.  Below here a
derivation and numbers do not know each other.
"""
