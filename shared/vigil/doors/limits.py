"""What the settings say about entries that come in."""

from collections.abc import Callable
from datetime import timedelta

from vigil.logs.log_entry import LogEntry
from vigil.settings import Settings
from vigil.workflows.batch_logs import Limits


def limits_of(settings: Settings) -> Limits:
    """Return when a batch goes out."""
    return Limits(
        settings.batch_max_entries,
        settings.batch_max_bytes,
        settings.batch_max_held,
        timedelta(milliseconds=settings.batch_linger_ms),
    )


def is_own_by(settings: Settings) -> Callable[[LogEntry], bool]:
    """Return what tells our own functions' entries from all others."""
    return lambda entry: entry.service.startswith(settings.own_services)
