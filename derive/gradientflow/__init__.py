"""How gradients vanish and explode: measured, bounded, remedied."""
