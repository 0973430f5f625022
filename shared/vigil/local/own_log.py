"""Where an embedded Vigil logs about itself: a file beside what it keeps."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from vigil import telemetry
from vigil.errors import InvalidSettings
from vigil.local.data_folder import DataFolder
from vigil.settings import Settings

FILE = "vigil.log"


@contextmanager
def own_log(settings: Settings) -> Iterator[None]:
    """Log to `vigil.log` in the data folder while the block lasts; the terminal is the view's.

    Raises InvalidSettings if it cannot be written.
    """
    folder = DataFolder(settings.data_dir)
    folder.create()
    path = folder.path / FILE
    try:
        stream = path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise InvalidSettings(
            f"{path} cannot be written: {error.strerror}. Name another folder in VIGIL_DATA_DIR"
        ) from error
    with stream:
        telemetry.configure("local", stream=stream, level=settings.log_level)
        try:
            yield
        finally:
            _let_go()


def _let_go() -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
