"""How far files have been read, on standard error while somebody looks."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from vigil.local.log_file import read_entries
from vigil.local.raw_entry import RawEntry

_SHOWN_EVERY = 1000


class FileProgress:
    """A bar on standard error, by bytes read; none where nobody would see it move."""

    def __init__(self, names: Sequence[str], *, hidden: bool) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            # The name of a file is no markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]:,.0f} entries/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=hidden or not console.is_terminal,
        )
        self._task = self._bar.add_task("reading", total=_total_bytes(names), rate=0.0)
        self._begun = time.perf_counter()
        self._count = 0

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.perf_counter() - self._begun

    def follow(self, name: str) -> Iterator[RawEntry]:
        """Yield the entries of a file, showing how far it has been read."""
        shown = "standard input" if name == "-" else Path(name).name
        self._bar.update(self._task, description=shown)
        for entry in read_entries(name, lambda size: self._bar.advance(self._task, size)):
            self._count += 1
            if self._count % _SHOWN_EVERY == 0:
                self._bar.update(self._task, rate=self._count / self.seconds)
            yield entry

    def __enter__(self) -> "FileProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _total_bytes(names: Sequence[str]) -> int | None:
    """Return the size of all files, or None if it is not known."""
    try:
        return None if "-" in names else sum(Path(name).stat().st_size for name in names)
    except OSError:
        return None
