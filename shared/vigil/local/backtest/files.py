"""vigil backtest: files in; what would have fired out, in the terminal, as JSON or as a report."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import typer
from rich.console import Console

from vigil.errors import InvalidRequest
from vigil.local.backtest.report import as_html
from vigil.local.backtest.run import Backtest, Result
from vigil.local.backtest.settings import Configuration, read_configurations
from vigil.local.backtest.summary_json import as_json
from vigil.local.backtest.table import show
from vigil.local.file_progress import FileProgress
from vigil.model.tenant import Thresholds

_NOT_READ = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a backtest: files of settings, a file for the report, the way to answer."""

    config: str | None = None
    against: str | None = None
    html: str | None = None
    json: bool = False
    tick: timedelta = timedelta(seconds=10)


def run_backtest(names: Sequence[str], wanted: Wanted) -> int:
    """Run the files `names` through detection, say what came of it, and return the exit code.

    It is 2 if a file could not be read to its end, or held no entry; what had been read is shown.
    Raises InvalidRequest, and reads nothing, if the settings or the report's place cannot be used.
    """
    configurations = configurations_of(wanted)
    if wanted.html is not None:
        _check_place(Path(wanted.html))
    # Entries live for one batch, and none of them refers to itself: looking for such after every
    # 700 new objects, as is usual, takes a fifth of the time.
    gc.set_threshold(50_000)
    backtest = Backtest(configurations, tick=wanted.tick)
    with FileProgress(names, hidden=wanted.json) as progress:
        trouble = _feed(backtest, progress, names)
        result = backtest.finish()
        seconds = progress.seconds
    if wanted.html is not None:
        _write(Path(wanted.html), as_html(result, [*names], seconds))
    if wanted.json:
        typer.echo(as_json(result, seconds))
    elif result.received or trouble is None:
        show(result, seconds, Console())
    return _exit_code(result, trouble)


def configurations_of(wanted: Wanted) -> list[Configuration]:
    """Return the one or two configurations that are asked for; what is not named is the defaults.

    Raises InvalidRequest if one cannot be used, or if both are the same.
    """
    files = [file for file in (wanted.config, wanted.against) if file is not None]
    read = read_configurations(files)
    if wanted.config is None:
        read.insert(0, Configuration("defaults", Thresholds()))
    if len(read) > 1 and read[0].thresholds == read[1].thresholds:
        raise InvalidRequest(f"{read[0].name} and {read[1].name} hold the same settings")
    return read


def _feed(backtest: Backtest, progress: FileProgress, names: Sequence[str]) -> str | None:
    """Feed the files; return what went wrong, if something did."""
    try:
        for name in names:
            backtest.feed(progress.follow(name))
    except InvalidRequest as error:
        return str(error)
    return None


def _exit_code(result: Result, trouble: str | None) -> int:
    if trouble is None and result.received == result.invalid:
        trouble = "nothing in it is a log entry; `gcloud logging read --format=json` prints them"
    if trouble is None:
        return 0
    typer.echo(f"vigil: {trouble}", err=True)
    return _NOT_READ


def _check_place(place: Path) -> None:
    """Say before the work, not after it, that its outcome could not be written."""
    if place.is_dir():
        raise InvalidRequest(f"{place}: is a folder; name a file for the report")
    if not place.parent.is_dir():
        raise InvalidRequest(f"{place}: there is no folder {place.parent}")


def _write(place: Path, content: str) -> None:
    try:
        # Names in a log may hold halves of characters, which no file can.
        place.write_text(content, "utf-8", "replace")
    except OSError as error:
        raise InvalidRequest(f"{place}: {error.strerror}") from error
