"""What became of every entry, counted per tenant, day and service."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import Any

from vigil.model.outcome import Outcomes
from vigil.ports import Documents, Increment
from vigil.stores.queries import USAGE

PLATFORM = "platform/intake"
# Thirteen months, to compare a month with the same one of the year before.
_KEEP_USAGE = timedelta(days=400)
CALLS, TOKENS = "gemini_api_calls", "gemini_tokens"
_COUNTED = tuple(f.name for f in fields_of(Outcomes))


def count(root: str, key: str, now: datetime, outcomes: Outcomes, **others: int) -> Increment:
    """Return the write that adds `outcomes` and `others` (batches=1) to the day's counters.

    `root` is the tenant's root, or PLATFORM for entries that belong to no tenant. `key` spreads the
    counters over as many documents as there are writers, so that none of them gets hot.
    """
    amounts = {name: n for name, n in (asdict(outcomes) | others).items() if n}
    day = _day(now)
    return Increment(
        f"{root}/usage/{day}-{key}", amounts, {"day": day, "expires_at": now + _KEEP_USAGE}
    )


def totals(documents: Documents, root: str) -> Mapping[str, int]:
    """Return the sum of all counters below `root`."""
    return sum_of(read_usage(documents, root))


def read_usage(documents: Documents, root: str) -> list[Mapping[str, object]]:
    """Return what was counted below `root`, by day and by who counted it."""
    return [document.fields for document in documents.query(USAGE, parent=root)]


def sum_of(
    usage: Iterable[Mapping[str, object]], *, since: datetime | None = None
) -> Mapping[str, int]:
    """Return the sum of all counters in `usage`, of the days from that of `since` on."""
    first_day = _day(since) if since else ""
    summed: dict[str, int] = {}
    for fields in usage:
        if str(fields.get("day", "")) < first_day:
            continue
        for name, value in fields.items():
            if isinstance(value, int):
                summed[name] = summed.get(name, 0) + value
    return summed


def outcomes_of(counters: Mapping[str, int]) -> Outcomes:
    """Return the outcomes among `counters`."""
    return Outcomes(**{name: counters.get(name, 0) for name in _COUNTED})


def model_usage_path(root: str, now: datetime) -> str:
    """Return where the day's calls of a model are counted; one document, so that they are exact."""
    return f"{root}/usage/{_day(now)}-model"


def model_counters(
    fields: Mapping[str, object], now: datetime, *, calls: int, tokens: int
) -> dict[str, Any]:
    """Return the `fields` of that document with `calls` and `tokens` added."""
    counted = {name: fields.get(name, 0) for name in (CALLS, TOKENS)}
    known = {name: value for name, value in counted.items() if isinstance(value, int)}
    return {
        CALLS: known.get(CALLS, 0) + calls,
        TOKENS: known.get(TOKENS, 0) + tokens,
        "day": _day(now),
        "expires_at": now + _KEEP_USAGE,
    }


def _day(now: datetime) -> str:
    return now.strftime("%Y%m%d")
