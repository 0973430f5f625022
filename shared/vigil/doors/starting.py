"""How a function begins: its log, its settings, its door."""

import gc
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
# A thousand requests under way hold about as many objects. With Python's own 700 the collector goes
# through all of them again and again, and finds nothing: what they leave has no cycles. That took a
# third of batch_logs' CPU (docs/performance.md).
_YOUNG, _MIDDLE, _OLD = 100_000, 20, 50


def start(component: str, make: Make[T]) -> T:
    """Return the door of a function, whose process logs as `component` from here on.

    A process whose settings are wrong ends, having said so once: a revision that cannot work takes
    no requests from the one before it.
    """
    configure(component)
    try:
        settings = read_settings()
        configure(component, level=settings.log_level)
        door = make(settings, os.environ)
    except InvalidSettings as error:
        _log.error("this function cannot start", reason=str(error))
        raise SystemExit(1) from None
    collect_rarely()
    return door


def collect_rarely() -> None:
    """Have the garbage collector pass over what is there by now, and come for the rest more rarely.

    What is there are modules and clients: they stay for as long as the process, and the pages that
    they lie in stay shared with the process that the server forks.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
