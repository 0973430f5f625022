"""What the settings say about entries that come in."""

from collections.abc import Callable
from datetime import timedelta

from vigil.logs.log_entry import LogEntry
from vigil.logs.own_entries import OwnEntries
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


def own_entries_by(settings: Settings) -> OwnEntries:
    """Return which entries come of our own work."""
    return OwnEntries(settings.own_services, settings.project)


def is_own_by(settings: Settings) -> Callable[[LogEntry], bool]:
    """Return what tells entries that come of our own work from all others."""
    return own_entries_by(settings).include
