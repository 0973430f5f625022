"""What each function does, one a file; speaks only to ports."""
