"""From a derivation to a file for Coq: terms, changes of them, and the lemmas on both."""

# The rules stand in the table of the terms once they are read.
from derive.proving.coq import grids as grids
from derive.proving.coq import rules as rules
