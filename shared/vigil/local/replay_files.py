"""vigil replay: files in, what would have been found out."""

import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from vigil.errors import InvalidRequest
from vigil.local.log_file import read_entries
from vigil.local.raw_entry import RawEntry
from vigil.local.replay import Replay
from vigil.local.replay_report import Report, as_json, show

_NOT_BALANCED, _NOT_READ = 1, 2
_SHOWN_EVERY = 1000


class ReplayProgress:
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

    def __enter__(self) -> "ReplayProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def run_replay(names: Sequence[str], *, as_json_object: bool) -> int:
    """Replay the files `names` one after another, print what came of it, return the exit code.

    It is 2 if a file could not be read to its end (what had been read is summarised), 1 if not
    every entry is accounted for, else 0.
    """
    # Entries live for one batch, and none of them refers to itself: looking for such after every
    # 700 new objects, as is usual, takes a fifth of the time.
    gc.set_threshold(50_000)
    replay = Replay()
    with ReplayProgress(names, hidden=as_json_object) as progress:
        trouble = _feed(replay, progress, names)
        summary = replay.finish()
    report = Report(summary, progress.seconds)
    if as_json_object:
        typer.echo(as_json(report))
    elif summary.received or trouble is None:
        show(report, Console())
    return _exit_code(report, trouble)


def _feed(replay: Replay, progress: ReplayProgress, names: Sequence[str]) -> str | None:
    """Feed the files; return what went wrong, if something did."""
    try:
        for name in names:
            replay.feed(progress.follow(name))
    except InvalidRequest as error:
        return str(error)
    return None


def _exit_code(report: Report, trouble: str | None) -> int:
    if not report.summary.balanced:
        typer.echo("vigil: not every entry is accounted for; this is a bug in Vigil", err=True)
    if trouble is None and report.summary.received == report.summary.outcomes.invalid:
        trouble = "nothing in it is a log entry; `gcloud logging read --format=json` prints them"
    if trouble is not None:
        typer.echo(f"vigil: {trouble}", err=True)
        return _NOT_READ
    return 0 if report.summary.balanced else _NOT_BALANCED


def _total_bytes(names: Sequence[str]) -> int | None:
    """Return the size of all files, or None if it is not known."""
    try:
        return None if "-" in names else sum(Path(name).stat().st_size for name in names)
    except OSError:
        return None
