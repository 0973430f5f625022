"""The sample export: three minutes of the sample shop, whose payments fail towards the end.

`python -m vigil.local.sample samples/shop.ndjson.gz` writes it. Time is simulated, so that it takes
seconds and gives the same entries each time.
"""

import gzip
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import orjson

from vigil.local.shop_faults import Scenario, break_something
from vigil.local.shop_load import DueRequest, schedule
from vigil.local.shop_log import Entry
from vigil.local.simulated_shop import SimulatedLoop, SimulatedShop

BEGINS_AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
LASTS = timedelta(minutes=3)
# Two windows to learn, and most of a third to stray.
BREAKS_AFTER = timedelta(minutes=2, seconds=10)
_CHECKOUTS_PER_SECOND, _INVENTORY_PER_SECOND = 4.0, 2.0


def sample_entries() -> list[Entry]:
    """Return the sample's entries in the order in which they were logged."""
    entries: list[Entry] = []
    with closing(SimulatedLoop(BEGINS_AT)) as loop:
        shop = SimulatedShop(entries.append, loop.now)
        breaks_after = BREAKS_AFTER.total_seconds()
        loop.call_later(breaks_after, break_something, shop.faults, Scenario.CASCADE)
        loop.run_until_complete(shop.serve(_requests()))
    return entries


def write_sample(path: Path) -> None:
    """Write the sample as JSON lines, compressed with gzip; the same bytes each time."""
    lines = b"".join(orjson.dumps(entry) + b"\n" for entry in sample_entries())
    path.write_bytes(gzip.compress(lines, mtime=0))


def _requests() -> Iterator[DueRequest]:
    due = schedule(_CHECKOUTS_PER_SECOND, _INVENTORY_PER_SECOND)
    return takewhile(lambda request: request.after_seconds < LASTS.total_seconds(), due)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
