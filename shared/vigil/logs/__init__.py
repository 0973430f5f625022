"""From what Cloud Logging delivers to a clean LogEntry, a Template and redacted text; pure."""
