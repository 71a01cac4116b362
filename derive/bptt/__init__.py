"""The derivation, level by level.

Takes a cell; gives equations.  Knows nothing of numbers: the checks are independent of it.
"""
