"""How far series have been learned, for the OpenAPI document."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vigil.detection.warm_up import Subject
from vigil.workflows.api.answers import Success

_ANSWER = ConfigDict(extra="forbid", strict=True)
_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Subject = Annotated[str, Field(json_schema_extra={"enum": [each.value for each in Subject]})]


class LearnedJson(BaseModel):
    """One thing that a series learns: whether it counts, and what it waits for, null if nothing.

    What is waited for is a phrase with numbers, such as "12 of 30 windows".
    """

    model_config = _ANSWER

    subject: _Subject
    ready: bool
    waits_for: str | None


class SeriesReadinessJson(BaseModel):
    """A series, since when it is watched, and what of it has been learned.

    An empty `endpoint` is what a service logs outside of its requests. `windows` were judged, in
    which `samples` requests said how long they took. What the series shows nothing of is not
    `learned`, and is not waited for; `ready` says whether everything else is.
    """

    model_config = _ANSWER

    service: str
    endpoint: str
    since: _Instant
    windows: int
    samples: int
    ready: bool
    learned: list[LearnedJson]


class ReadinessAnswer(Success):
    """Series by service and endpoint; the totals count all of them, the list may be shorter.

    `rules_only` says that nothing but fixed limits judges, so that nothing is learned. Of the
    services in `unreadable` what is stored is damaged; this installation's own log says how.
    """

    rules_only: bool
    total_series: int
    total_ready: int
    series: list[SeriesReadinessJson]
    unreadable: list[str]
