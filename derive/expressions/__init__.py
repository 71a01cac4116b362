"""What can be written: quantities, nodes, equations.

Takes nothing but SymPy; gives expressions that print and evaluate elsewhere (`display` is the hook).
"""
