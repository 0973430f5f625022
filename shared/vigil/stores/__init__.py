"""Typed documents of one tenant, written once on top of the Documents port."""
