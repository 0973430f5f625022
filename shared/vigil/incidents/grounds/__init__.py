"""What speaks for a service as the cause of an incident, each ground by itself."""
