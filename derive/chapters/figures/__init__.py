"""Figures of a handout, from plain data."""
