"""The severity of a log entry, as Cloud Logging numbers it."""

from enum import IntEnum


class LogSeverity(IntEnum):
    """Cloud Logging's severities with their numbers."""

    DEFAULT = 0
    DEBUG = 100
    INFO = 200
    NOTICE = 300
    WARNING = 400
    ERROR = 500
    CRITICAL = 600
    ALERT = 700
    EMERGENCY = 800
