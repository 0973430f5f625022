"""The embedded runtime: every door in one process, and the sample shop."""
