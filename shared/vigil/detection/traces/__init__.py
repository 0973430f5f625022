"""What the traces of a batch tell of how services work together."""
