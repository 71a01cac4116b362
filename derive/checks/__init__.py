"""From an equation to its check, and proofs for small sizes.

Takes a derivation and random data; gives a `Check` for each equation.  The only place where a
derivation and numbers meet.
"""
