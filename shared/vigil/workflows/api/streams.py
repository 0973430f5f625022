"""The routes of streams."""

from dataclasses import asdict

from fastapi import APIRouter

from vigil.errors import CloudRefused
from vigil.model.instant import instant_as_text
from vigil.model.stream import (
    LogStreamConfig,
    Stream,
    StreamStatus,
    checked_services,
    checked_severities,
)
from vigil.workflows.api.answers import documented
from vigil.workflows.api.errors import Conflict, Json, NotFound, found
from vigil.workflows.api.stream_answers import (
    StartStream,
    StreamsAnswer,
    StreamStartedAnswer,
    StreamStoppedAnswer,
)
from vigil.workflows.api.visit import MAX_LISTED, Admin, Id, Limit, Viewer
from vigil.workflows.streams import NOT_STOPPED, listed

_NOT_YOURS = (
    "this project is not one of this tenant's; the platform's administrator gives projects to "
    "tenants"
)
_PUSHED = "its entries are those that are pushed to this machine, where no sink is needed"
routes = APIRouter(tags=["streams"])


@routes.post("/start-log-streaming", responses=documented(StreamStartedAnswer))
def start_stream(visit: Admin, asked: StartStream) -> Json:
    """Watch the entries of a project; asking again for the same ones changes no more than figures.

    What was interrupted is finished by asking again.
    """
    try:
        started = visit.parts.streams.start(visit.store, _config(asked), by=visit.identity.actor)
    except CloudRefused as error:
        raise Conflict(str(error)) from error
    if started is None:
        raise NotFound(_NOT_YOURS)
    if started.status is not StreamStatus.ACTIVE:
        raise Conflict("somebody has stopped this stream in the meantime")
    return Json(
        {
            "status": "success",
            "stream_id": started.stream_id,
            "message": _started(started),
            "config": _config_as_json(started.config),
        }
    )


@routes.get("/streams", responses=documented(StreamsAnswer))
def list_streams(visit: Viewer, limit: Limit = MAX_LISTED) -> Json:
    """List the streams that were not stopped, the oldest first."""
    streams = [stream for status in NOT_STOPPED for stream in listed(visit.store, status, limit)]
    oldest = sorted(streams, key=lambda stream: (stream.created_at, stream.stream_id))[:limit]
    return Json(
        {
            "status": "success",
            "active_streams": sum(stream.status is StreamStatus.ACTIVE for stream in oldest),
            "streams": [_as_json(stream) for stream in oldest],
        }
    )


@routes.delete("/streams/{stream_id}", responses=documented(StreamStoppedAnswer))
def stop_stream(visit: Admin, stream_id: Id) -> Json:
    """Watch a stream's entries no longer; doing so again changes nothing."""
    try:
        stopped = visit.parts.streams.stop(visit.store, stream_id, by=visit.identity.actor)
    except CloudRefused as error:
        raise Conflict(str(error)) from error
    stream = found(stopped)
    if stream.status is not StreamStatus.STOPPED:
        raise Conflict("somebody has started this stream again in the meantime")
    return Json(
        {
            "status": "success",
            "stream_id": stream.stream_id,
            "message": f"Log streaming stopped for project {stream.config.project_id}",
        }
    )


def _config(asked: StartStream) -> LogStreamConfig:
    return LogStreamConfig(
        project_id=asked.project_id,
        services=checked_services(asked.services),
        severity_filter=checked_severities(asked.severity_filter),
        batch_size=asked.batch_size,
        batch_timeout_seconds=asked.batch_timeout_seconds,
        enable_gemini_analysis=asked.enable_gemini_analysis,
    )


def _started(stream: Stream) -> str:
    message = f"Log streaming started for project {stream.config.project_id}"
    return message if stream.sink_name else f"{message}; {_PUSHED}"


def _as_json(stream: Stream) -> dict[str, object]:
    return {
        "stream_id": stream.stream_id,
        "project_id": stream.config.project_id,
        "status": stream.status.value,
        "config": _config_as_json(stream.config),
        "sink_name": stream.sink_name,
        "created_at": instant_as_text(stream.created_at),
        "created_by": stream.created_by,
    }


def _config_as_json(config: LogStreamConfig) -> dict[str, object]:
    return asdict(config) | {
        "severity_filter": [severity.name for severity in config.severity_filter]
    }
