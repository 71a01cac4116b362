"""Certificates: what a derivation states, for a checker that shares nothing with it.

Takes a derivation; gives a certificate of its statements, and the verdict of the checker on it.
"""
