"""Figures as shapes and words, and the formats they are written in."""
