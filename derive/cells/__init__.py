"""What a cell is, and the zoo of those that ship.

Takes quantities and their equations; gives a `Cell`, which knows its states, parameters and loss, but
no derivative.  Each module of `derive.cells.zoo` is a cell.
"""
