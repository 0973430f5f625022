"""The life of an alert and what is told of it; pure."""
