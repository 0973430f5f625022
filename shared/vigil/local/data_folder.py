"""The folder in which an embedded Vigil keeps what it knows."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from vigil.errors import InvalidRequest, InvalidSettings

# SQLite keeps what is not yet in a database beside it, under these endings.
_COMPANIONS = ("", "-wal", "-shm", "-journal")


class DataFolder:
    """The files of one embedded Vigil; nothing is made before something is to be kept."""

    def __init__(self, path: Path) -> None:
        """Take the folder, `Settings.data_dir`."""
        self.path = path
        self.database = path / "vigil.db"
        self.queue = path / "queue.db"

    def create(self) -> None:
        """Make the folder, which only its owner may read; raise InvalidSettings if it cannot be."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep the folder to this process while the block lasts, and no longer than it lives.

        Raises InvalidRequest if another one has it.
        """
        self.create()
        with self._open_lock() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InvalidRequest(
                    f"Vigil is running in {self.path}: stop it first, "
                    "or name another folder in VIGIL_DATA_DIR"
                ) from None
            yield

    def files(self) -> list[Path]:
        """Return the files of the databases that are there."""
        files = [
            database.with_name(database.name + ending)
            for database in (self.database, self.queue)
            for ending in _COMPANIONS
        ]
        return [file for file in files if file.exists()]

    def clear(self) -> list[Path]:
        """Remove the databases, and nothing else; return what was removed.

        To be done under `lock`.
        """
        files = self.files()
        for file in files:
            file.unlink(missing_ok=True)
        return files

    def _open_lock(self) -> TextIO:
        try:
            return (self.path / "lock").open("w")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> InvalidSettings:
        return InvalidSettings(
            f"the data folder {self.path} cannot be used: {error.strerror}. "
            "Name another in VIGIL_DATA_DIR"
        )
