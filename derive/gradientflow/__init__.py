"""How gradients vanish and explode: measured, bounded, remedied.

Takes a cell and weights; gives norms over lags, what is proved about them, and runs of training.
"""
