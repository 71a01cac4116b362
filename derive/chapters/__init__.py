"""The chapters of a handout: each yields blocks, with words as keys and mathematics as equations."""
