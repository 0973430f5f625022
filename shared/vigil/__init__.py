"""Vigil: from a log entry to one alert with its cause, on Google Cloud or on one machine."""

__version__ = "0.1.0"
