"""From an equation to its check, and proofs for small sizes.

The only place where a derivation and numbers meet.
"""
