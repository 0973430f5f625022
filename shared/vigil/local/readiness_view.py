"""How far series have been learned, on a terminal."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from vigil.adapters.plain_text import plain
from vigil.detection.readiness import SeriesReadiness
from vigil.stores.service_readiness import TenantReadiness


def readiness_table(found: Iterable[tuple[str, TenantReadiness]]) -> Table:
    """Return a table of series, each with its tenant's id; nothing in it is markup."""
    table = Table(show_lines=True)
    table.add_column("Tenant", no_wrap=True)
    table.add_column("Series")
    table.add_column("Since (UTC)", no_wrap=True)
    table.add_column("Ready")
    table.add_column("Waits for")
    for tenant_id, readiness in found:
        for series in readiness.series:
            ready = "fixed limits" if readiness.rules_only else _ready(series)
            table.add_row(
                tenant_id,
                Text(f"{plain(series.service)}\n{plain(series.endpoint) or '(its log)'}"),
                f"{series.since:%Y-%m-%d %H:%M}",
                ready or "-",
                _waits(series) or "nothing",
            )
    return table


def sum_words(readiness: TenantReadiness) -> str:
    """Return how many series there are, and how many wait for something."""
    number = len(readiness.series)
    if readiness.rules_only:
        return f"{number:,} series, judged by fixed limits"
    return f"{number:,} series, {number - readiness.ready:,} of them still learning"


def damage_words(readiness: TenantReadiness) -> list[str]:
    """Return a sentence for each service that cannot be read."""
    return [
        f"What is stored of {plain(service) or 'a service'} is damaged and cannot be shown."
        for service in readiness.unreadable
    ]


def _ready(series: SeriesReadiness) -> str:
    return ", ".join([each.subject.words for each in series.warm_ups if each.ready])


def _waits(series: SeriesReadiness) -> str:
    return "\n".join(
        [f"{each.subject.words}: {each.waits_for}" for each in series.warm_ups if not each.ready]
    )
