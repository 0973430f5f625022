"""Alerts that others have raised: read, grouped, bounded and redacted; pure."""
