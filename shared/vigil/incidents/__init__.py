"""Correlation, root cause and the analyst that needs no model; pure."""
