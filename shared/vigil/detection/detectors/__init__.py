"""Detectors, one class a file: each scores a value by what it has learned, then learns it."""
