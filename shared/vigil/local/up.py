"""vigil up: Vigil and the sample shop on this machine, and a view of both."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Protocol

from rich.console import Console

from vigil.local.embedded import Embedded, utc_now
from vigil.local.emulated_needs import require_all
from vigil.local.own_log import own_log
from vigil.local.plain_view import PlainView
from vigil.local.shop_faults import ShopFaults, break_something
from vigil.local.snapshot import RunningVigil, Snapshot, SnapshotReader
from vigil.local.stop_signals import StopSignals
from vigil.local.story import Phase, Storyteller, story_from
from vigil.local.view import LiveView
from vigil.settings import Settings

_LEARNS = timedelta(seconds=18)
_BREAKS_FOR = timedelta(seconds=45)
_STEP_SECONDS = 0.1
_SHOWN_EVERY = timedelta(seconds=1)
_SENTENCES = {
    Phase.LEARNING: "The shop is well; Vigil learns what is normal.",
    Phase.BROKEN: "Every payment fails, and every checkout with it.",
    Phase.MENDED: "The shop is mended.",
}


class View(Protocol):
    """Shows a running Vigil while its `with` block lasts."""

    def write(self, text: str) -> None:
        """Write what a channel says."""

    def show(self, snapshot: Snapshot) -> None:
        """Show what stands."""

    def __enter__(self) -> object:
        """Begin to show."""

    def __exit__(self, *_: object) -> None:
        """Leave the terminal in order."""


def run_up(settings: Settings, *, plain: bool = False, emulators: bool = False) -> int:
    """Run until Ctrl-C or SIGTERM, and return 0 when everything is put away.

    The shop is well for a while, then payments fail, then it is mended and stays well. `plain`
    writes lines instead of a live view, as is done where there is no terminal. With `emulators`,
    each function is a process of its own beside Google's emulators; CannotEmulate says what is
    missing for that, EmulatorFailed or FunctionFailed what did not start. Raises InvalidRequest
    while another Vigil runs in the data folder, and InvalidSettings for settings that only now
    prove unusable. To be called in the main thread.
    """
    if emulators:
        require_all()
    view = _view(Console(), plain=plain)
    kept = "in the emulators, and forgotten" if emulators else f"in {settings.data_dir}"
    with own_log(settings), StopSignals() as stop:
        with _opened(settings, view.write, emulators=emulators) as vigil, view:
            _run(vigil, view, stop)
        view.write(f"Vigil has ended. What it has stored is {kept}.\n")
    return 0


def _opened(
    settings: Settings, write: Callable[[str], None], *, emulators: bool
) -> AbstractContextManager[RunningVigil]:
    if not emulators:
        return Embedded(settings, write=write)
    from vigil.local.emulated import Emulated  # noqa: PLC0415 - needs libraries that few have

    return Emulated(settings, write=write)


def _view(console: Console, *, plain: bool) -> View:
    if plain or not console.is_terminal or console.is_dumb_terminal:
        return PlainView(partial(print, end="", flush=True))
    return LiveView(console)


def _run(vigil: RunningVigil, view: View, stop: StopSignals) -> None:
    """Tell the story and show how things go, until somebody wants it to stop."""
    if vigil.variables:
        view.write(f"Other commands act on this Vigil with\n{vigil.variables}\n")
    teller = _storyteller(vigil)
    reader = SnapshotReader(vigil)
    shown_at = vigil.begun_at - _SHOWN_EVERY
    while not stop.wait(_STEP_SECONDS):
        now = utc_now()
        phase = teller.tell(now)
        if now - shown_at >= _SHOWN_EVERY:
            shown_at = now
            view.show(reader.read(now, _SENTENCES[phase], teller.story.changes_at(now)))


def _storyteller(vigil: RunningVigil) -> Storyteller:
    story = story_from(
        vigil.begun_at,
        learns=_LEARNS,
        breaks_for=_BREAKS_FOR,
        window_seconds=vigil.tenant.thresholds.window_seconds,
    )
    return Storyteller(story, vigil.shop.faults, breaks=_break, mends=_mend)


def _break(faults: ShopFaults) -> None:
    break_something(faults, "cascade")


def _mend(faults: ShopFaults) -> None:
    faults.fail("payment", 0)
