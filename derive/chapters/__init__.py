"""The chapters of a handout: each yields blocks, words as keys and mathematics as equations."""
