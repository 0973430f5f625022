"""How a function begins: its log, its settings, its door."""

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from vigil.errors import InvalidSettings
from vigil.settings import Settings, read_settings
from vigil.telemetry import configure, logger

T = TypeVar("T")
# Makes a door of the settings and of the environment, which knows of emulators.
Make = Callable[[Settings, Mapping[str, str]], T]
_log = logger(__name__)


def start(component: str, make: Make[T]) -> T:
    """Return the door of a function, whose process logs as `component` from here on.

    A process whose settings are wrong ends, having said so once: a revision that cannot work takes
    no requests from the one before it.
    """
    configure(component)
    try:
        settings = read_settings()
        configure(component, level=settings.log_level)
        return make(settings, os.environ)
    except InvalidSettings as error:
        _log.error("this function cannot start", reason=str(error))
        raise SystemExit(1) from None
