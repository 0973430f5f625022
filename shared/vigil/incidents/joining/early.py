"""Findings of windows that are not over: which of them need not wait."""

from collections.abc import Sequence
from datetime import timedelta

from vigil.incidents.joining.known_calls import KnownCalls
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series


def sure_early(waiting: Sequence[Anomaly], calls: KnownCalls, window_seconds: int) -> list[Anomaly]:
    """Return those of `waiting` that were found early and whose cause cannot be found later.

    That is so of a series that is known to call nothing, and of one that calls, directly or through
    others, such a one that was found early as well. What is not known to be called by anything, nor
    to call, may call anything. They come in the order in which they were given.
    """
    window = timedelta(seconds=window_seconds)
    early = [each for each in waiting if each.detected_at < each.window_started_at + window]
    deepest = {each.series for each in early if calls.is_deepest(each.series)}
    return [each for each in early if _leads_to(each.series, deepest, calls)]


def _leads_to(series: Series, deepest: set[Series], calls: KnownCalls) -> bool:
    return series in deepest or any(calls.reaches(series, each) for each in deepest)
