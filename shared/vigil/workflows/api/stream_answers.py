"""What the routes of streams are asked and answer, for the OpenAPI document."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vigil.model.log_severity import LogSeverity
from vigil.model.stream import MAX_SERVICES, StreamStatus
from vigil.workflows.api.answers import Success

_ANSWER = ConfigDict(extra="forbid", strict=True)
_Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_Severity = Annotated[str, Field(json_schema_extra={"enum": [each.name for each in LogSeverity]})]


class StartStream(BaseModel):
    """Which entries of which project to watch."""

    project_id: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,128}$", description="One of the tenant's own projects."
    )
    services: list[str] = Field(
        default=[], max_length=MAX_SERVICES, description="Empty for all of them."
    )
    severity_filter: list[_Severity] = Field(
        default=["ERROR", "WARNING", "INFO"],
        min_length=1,
        max_length=20,
        description="Names of Cloud Logging's severities, in either case; ERROR stands for itself "
        "and for everything worse.",
    )
    batch_size: int = Field(
        default=100, ge=10, le=1000, description="After how many entries the model looks again."
    )
    batch_timeout_seconds: int = Field(
        default=300, ge=60, le=3600, description="After how long it looks if fewer have come."
    )
    enable_gemini_analysis: bool = Field(
        default=True, description="Whether it looks at all; detection does not depend on it."
    )


class StreamConfigJson(BaseModel):
    """Which entries are watched, and when the model looks at them."""

    model_config = _ANSWER

    project_id: str
    services: list[str]
    severity_filter: list[str]
    batch_size: int
    batch_timeout_seconds: int
    enable_gemini_analysis: bool


class StreamJson(BaseModel):
    """A stream; only an active one is known to deliver.

    `sink_name` is null where no sink is needed, because entries are pushed to this machine.
    """

    model_config = _ANSWER

    stream_id: str
    project_id: str
    status: Annotated[str, Field(json_schema_extra={"enum": [each.value for each in StreamStatus]})]
    config: StreamConfigJson
    sink_name: str | None
    created_at: _Instant
    created_by: str


class StreamStartedAnswer(Success):
    """A stream that delivers from now on."""

    stream_id: str
    message: str
    config: StreamConfigJson


class StreamsAnswer(Success):
    """Streams that were not stopped, the oldest first; how many of those listed are active."""

    active_streams: int
    streams: list[StreamJson]


class StreamStoppedAnswer(Success):
    """A stream that delivers nothing any more."""

    stream_id: str
    message: str


class CleanupAnswer(Success):
    """How much was deleted; if that was not all of it, ask again."""

    deleted: int
    complete: bool
    retention_days: int
    message: str
