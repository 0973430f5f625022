"""vigil replay: files in, what would have been found out."""

import gc
from collections.abc import Sequence

import typer
from rich.console import Console

from vigil.errors import InvalidRequest
from vigil.local.file_progress import FileProgress
from vigil.local.replay import Replay
from vigil.local.replay_report import Report, as_json, show

_NOT_BALANCED, _NOT_READ = 1, 2


def run_replay(names: Sequence[str], *, as_json_object: bool) -> int:
    """Replay the files `names` one after another, print what came of it, return the exit code.

    It is 2 if a file could not be read to its end (what had been read is summarised), 1 if not
    every entry is accounted for, else 0.
    """
    # Entries live for one batch, and none of them refers to itself: looking for such after every
    # 700 new objects, as is usual, takes a fifth of the time.
    gc.set_threshold(50_000)
    replay = Replay()
    with FileProgress(names, hidden=as_json_object) as progress:
        trouble = _feed(replay, progress, names)
        summary = replay.finish()
    report = Report(summary, progress.seconds)
    if as_json_object:
        typer.echo(as_json(report))
    elif summary.received or trouble is None:
        show(report, Console())
    return _exit_code(report, trouble)


def _feed(replay: Replay, progress: FileProgress, names: Sequence[str]) -> str | None:
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
