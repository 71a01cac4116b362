"""The user's numbers and gradients: read, confirmed, compared."""
