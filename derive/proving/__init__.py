"""Certificates: what a derivation states, for a checker that shares nothing with it."""
