"""The user's numbers and gradients: read, confirmed, compared.

Takes a cell and files of numbers; gives all quantities and gradients for them, and the mistake that
explains gradients that differ.
"""
