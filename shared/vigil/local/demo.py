"""vigil demo: the sample shop is broken in three ways, and what Vigil finds is checked."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vigil.local.demo_findings import EXPECTED, Expected, Found, complaints, found_in, pages_in
from vigil.local.embedded import Customers, Embedded, utc_now
from vigil.local.local_tenant import QUICK
from vigil.local.own_log import own_log
from vigil.local.shop_faults import ShopFaults, break_something
from vigil.local.story import Phase, Storyteller, story_from
from vigil.model.tenant import Thresholds
from vigil.settings import Settings

_STEP_SECONDS = 0.05
_PATIENCE = timedelta(seconds=45)
_WIDTH_IN_A_FILE = 100


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the scenarios are gone through.

    `learns` is how long the shop is well first, `watches` how long after a page it is looked out
    for a second one. Payments are made `payment_delay` slower: less than entries may come late.
    """

    thresholds: Thresholds
    customers: Customers
    learns: timedelta
    watches: timedelta
    payment_delay: timedelta


FULL = Pace(QUICK, Customers(), timedelta(seconds=15), timedelta(seconds=8), timedelta(seconds=3))
FAST = Pace(
    # On a busy machine a shop of milliseconds is now and then slow; with a second a window, that
    # must not look like trouble.
    Thresholds(
        window_seconds=1,
        allowed_lateness_seconds=1,
        group_wait_seconds=1,
        quiet_seconds=60,
        latency_minimum_increase_ms=300,
    ),
    Customers(checkouts_per_second=10, inventory_per_second=4),
    timedelta(seconds=2),
    timedelta(seconds=2),
    timedelta(milliseconds=800),
)


def run_demo(settings: Settings, *, quick: bool) -> int:
    """Go through the three scenarios and return 0 if each was found as expected, else 1.

    Each has a Vigil and a shop of its own in a temporary folder, at free ports; nobody outside of
    this terminal is told. `quick` takes windows of a second instead of five and more customers:
    half a minute instead of two.
    """
    console = _console()
    pace = FAST if quick else FULL
    return report(console, [(each, _show(console, settings, each, pace)) for each in EXPECTED])


def report(console: Console, results: Sequence[tuple[Expected, Found]]) -> int:
    """Print a table of what was expected and found; return 0 if all is as expected, else 1."""
    console.print(_table(results))
    return int(any(complaints(expected, found) for expected, found in results))


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_A_FILE
    return console


def _show(console: Console, settings: Settings, expected: Expected, pace: Pace) -> Found:
    console.print(Text(expected.happening, style="bold"))
    with console.status("") as status:
        found = play(settings, expected, pace, say=lambda words: status.update(Text(words)))
    told = "\n".join(found.told) or "Nobody was told of anything.\n"
    console.print(Text(told), soft_wrap=True)
    return found


def play(
    settings: Settings, expected: Expected, pace: Pace, *, say: Callable[[str], None]
) -> Found:
    """Return what a new Vigil finds when its shop breaks as `expected` says.

    `say` is told what is being waited for.
    """
    with tempfile.TemporaryDirectory(prefix="vigil-demo-") as folder:
        alone = _on_its_own(settings, Path(folder))
        told: list[str] = []
        with (
            own_log(alone),
            Embedded(
                alone, write=told.append, thresholds=pace.thresholds, customers=pace.customers
            ) as vigil,
        ):
            say("The shop is well; Vigil learns what is normal.")
            broken_at = _break(vigil, expected, pace)
            say("The shop is broken; nobody has been told yet.")
            _wait(_PATIENCE, lambda: bool(told))
            seconds = time.monotonic() - broken_at
            say("Somebody has been told; nobody ought to be told again.")
            _wait(pace.watches, lambda: len(told) > 1)
            _wait(_PATIENCE, lambda: pages_in(vigil.store) >= len(told))
            return found_in(vigil.store, told, seconds)


def _on_its_own(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(
        update={
            "data_dir": folder,
            "api_port": 0,
            "shop_port": 0,
            "slack_webhook_url": None,
            "webhook_url": None,
        }
    )


def _break(vigil: Embedded, expected: Expected, pace: Pace) -> float:
    """Let the shop be well for a while and break it; return when (monotonic)."""

    def breaks(faults: ShopFaults) -> None:
        break_something(faults, expected.scenario)
        if faults.delay_of("payment"):
            faults.delay("payment", pace.payment_delay)

    story = story_from(
        vigil.begun_at,
        learns=pace.learns,
        breaks_for=timedelta(days=1),
        window_seconds=pace.thresholds.window_seconds,
    )
    teller = Storyteller(story, vigil.shop.faults, breaks=breaks, mends=ShopFaults.clear)
    _wait(timedelta(days=1), lambda: teller.tell(utc_now()) is Phase.BROKEN)
    return time.monotonic()


def _wait(at_most: timedelta, reached: Callable[[], bool]) -> None:
    ends = time.monotonic() + at_most.total_seconds()
    while not reached() and time.monotonic() < ends:
        time.sleep(_STEP_SECONDS)


def _table(results: Sequence[tuple[Expected, Found]]) -> Table:
    table = Table(title="What was expected and what was found")
    for heading in ("scenario", "expected", "found", "page after"):
        table.add_column(heading)
    for expected, found in results:
        table.add_row(
            Text(expected.scenario.value),
            Text(expected.words),
            _verdict(expected, found),
            Text(f"{found.seconds:.1f} s"),
        )
    return table


def _verdict(expected: Expected, found: Found) -> Text:
    wrong = complaints(expected, found)
    if wrong:
        return Text("\n".join(["not as expected:", *wrong]), style="red")
    return Text(found.words, style="green")
