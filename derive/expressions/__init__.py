"""What can be written: quantities, the nodes that SymPy lacks, equations.

Takes nothing but SymPy; gives expressions that print and evaluate elsewhere (`display` is the hook).
"""
