"""What joins two series that strayed, said from the side of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.strayed import Strayed
from vigil.model.change import Change
from vigil.model.duration import duration_words
from vigil.model.percent import percent
from vigil.model.series import Series

# How long before it breaks anything a change may have been made.
CHANGED_BEFORE = timedelta(minutes=15)
# Two troubles of one service hardly ever begin in the same minute by chance.
AT_ONCE = timedelta(seconds=60)
_MORE = "; "


@dataclass(frozen=True, slots=True)
class Bond:
    """Two series, and why each of them belongs to the other."""

    one: Series
    other: Series
    of_one: str
    of_other: str

    def reason(self, series: Series) -> str:
        """Return why one of the two belongs to the other."""
        return self.of_one if series == self.one else self.of_other


def call_bond(caller: Strayed, callee: Strayed, calls: KnownCalls) -> Bond:
    """Return that the caller strays since it calls the callee, directly or through others."""
    shared = _shared_traces(caller, callee)
    if not calls.calls(caller.series, callee.series):
        return Bond(
            caller.series,
            callee.series,
            f"{shared} both it and {callee.series}, which it calls through others",
            f"{shared} both it and {caller.series}, which calls it through others",
        )
    share = calls.share(caller.series, callee.series)
    of_all = "" if share is None else f" in {percent(share)} of its requests"
    also = f"{_MORE}{shared} both" if shared else ""
    return Bond(
        caller.series,
        callee.series,
        f"calls {callee.series}{of_all}{also}",
        f"is called by {caller.series}{of_all}{also}",
    )


def number_bond(caller: Strayed, callee: Strayed) -> Bond:
    """Return that the callee is called more or less often, since its caller strays."""
    return Bond(
        caller.series,
        callee.series,
        f"calls {callee.series}, which gets another number of requests since then",
        f"gets another number of requests, being called by {caller.series}, which strayed",
    )


def wait_bond(caller: Strayed, callee: Strayed) -> Bond:
    """Return that the caller waits for the callee and for others, which are as fast as usual."""
    return Bond(
        caller.series,
        callee.series,
        f"waits for {callee.series} and others, which are as fast as usual",
        f"is as fast as usual, and {caller.series} waits for it as for others",
    )


def trace_bond(one: Strayed, other: Strayed) -> Bond:
    """Return that the same traces fail in both."""
    shared = _shared_traces(one, other)
    return Bond(
        one.series,
        other.series,
        f"{shared} both it and {other.series}",
        f"{shared} both it and {one.series}",
    )


def service_bond(one: Strayed, other: Strayed, changes: Iterable[Change]) -> Bond | None:
    """Return that both are of one service and began at once, or both soon after a change of it.

    None if neither is so: a service may well have two troubles in an hour. What it logs outside of
    requests is of them all.
    """
    service, onset = one.series.service, min(one.began_at, other.began_at)
    change = _change_before(service, max(one.began_at, other.began_at), onset, changes)
    if change is not None:
        text = f"{change.what} of {service} came {duration_words(onset - change.at)} before it and"
    elif not (one.series.endpoint and other.series.endpoint):
        text = f"is of the same service {service} as"
    elif abs(one.began_at - other.began_at) <= AT_ONCE:
        text = f"is of the same service {service}, and strayed at the same time as"
    else:
        return None
    names = [
        each.endpoint or "what it logs outside of requests" for each in (one.series, other.series)
    ]
    return Bond(one.series, other.series, f"{text} {names[1]}", f"{text} {names[0]}")


def resource_bond(one: Strayed, other: Strayed, resource: str) -> Bond:
    """Return that both complain of one resource."""
    return Bond(
        one.series,
        other.series,
        f"names the resource {resource}, as {other.series} does",
        f"names the resource {resource}, as {one.series} does",
    )


def again(since: Sequence[datetime], at: datetime) -> str:
    """Return that a series has strayed before, at the instants `since`, the last one if any."""
    earlier = max((each for each in since if each < at), default=None)
    if earlier is None:
        return "the same series strayed at the same time"
    return f"the same series strayed {duration_words(at - earlier)} before"


def _shared_traces(one: Strayed, other: Strayed) -> str:
    shared = len(one.traces & other.traces)
    if not shared:
        return ""
    return "1 failing trace passes" if shared == 1 else f"{shared} failing traces pass"


def _change_before(
    service: str, last: datetime, first: datetime, changes: Iterable[Change]
) -> Change | None:
    """Return the latest change of a service before the `first` onset and not long before either."""
    fitting = [
        each
        for each in changes
        if each.service == service and each.at <= first and last - each.at <= CHANGED_BEFORE
    ]
    return max(fitting, key=lambda each: (each.at, each.change_id), default=None)
