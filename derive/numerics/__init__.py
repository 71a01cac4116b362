"""Expressions on arrays: forward passes, complex steps, random data.

Takes a cell and numbers; gives values.  Knows nothing of the derivation.
"""
