"""What stands between Google and the workflows: requests in, parts from the settings."""
