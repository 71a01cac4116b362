"""The rule table, and the rows of functions and losses.

Takes expressions; gives Jacobians and pullbacks, one rule per operation.
"""
