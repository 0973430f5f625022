"""Sinks of Cloud Logging that deliver to our topic."""

from collections.abc import Sequence

from google.api_core.exceptions import AlreadyExists, NotFound
from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
from google.cloud.logging_v2.types import (
    CreateSinkRequest,
    DeleteSinkRequest,
    GetSinkRequest,
    ListSinksRequest,
    LogExclusion,
    LogSink,
    UpdateSinkRequest,
)
from google.protobuf.field_mask_pb2 import FieldMask

from vigil.adapters.cloud_calls import CloudCalls
from vigil.errors import CloudRefused, TransientError
from vigil.sink_ports import MadeSink, Sink

_CHANGED = FieldMask(paths=["filter", "exclusions", "description", "disabled"])
# A project has at most 200 sinks, so one page has all of them.
_PAGE = 1000


class CloudLogSinks:
    """LogSinks over the configuration API of Cloud Logging; the topic is given by its full name.

    Every sink has a writer identity of its own project, so that nobody else's entries can come in
    under its name. Each call may be repeated: a sink that was made although the reply was lost is
    found to be there.
    """

    def __init__(self, client: ConfigServiceV2Client, calls: CloudCalls, *, topic: str) -> None:
        self._client = client
        self._calls = calls
        self._destination = f"pubsub.googleapis.com/{topic}"

    def create(self, sink: Sink) -> MadeSink:
        """Return the sink as it is after it was made, or brought to what is asked for."""
        wanted = self._wanted(sink)
        request = CreateSinkRequest(
            parent=f"projects/{sink.project_id}", sink=wanted, unique_writer_identity=True
        )
        made = self._calls.ask(
            self._client.create_sink,
            request,
            needs=_needs(sink.project_id),
            expected=(AlreadyExists,),
        )
        return _made(made if made is not None else self._brought_to(sink.project_id, wanted))

    def remove(self, project_id: str, name: str) -> None:
        """Return when no sink of ours has this name."""
        found = self._find(project_id, name)
        if found is None or found.destination != self._destination:
            return
        self._calls.ask(
            self._client.delete_sink,
            DeleteSinkRequest(sink_name=_path(project_id, name)),
            needs=_needs(project_id),
            expected=(NotFound,),
        )

    def delivering(self, project_id: str) -> Sequence[str]:
        """Return the names of the project's sinks that go to our topic."""
        request = ListSinksRequest(parent=f"projects/{project_id}", page_size=_PAGE)
        found = self._calls.ask(self._client.list_sinks, request, needs=_needs(project_id))
        return [sink.name for sink in found or () if sink.destination == self._destination]

    def _brought_to(self, project_id: str, wanted: LogSink) -> LogSink:
        """Return the sink that has the name of `wanted`, changed where it differs."""
        found = self._find(project_id, wanted.name)
        if found is None:
            raise TransientError("the sink was removed by somebody just now")
        if found.destination != self._destination:
            raise CloudRefused(
                f"project {project_id} has a sink {wanted.name} that goes elsewhere; "
                "rename or remove it, then repeat this"
            )
        return found if _is_as(wanted, found) else self._change(project_id, wanted)

    def _change(self, project_id: str, wanted: LogSink) -> LogSink:
        request = UpdateSinkRequest(
            sink_name=_path(project_id, wanted.name),
            sink=wanted,
            unique_writer_identity=True,
            update_mask=_CHANGED,
        )
        changed = self._calls.ask(
            self._client.update_sink, request, needs=_needs(project_id), expected=(NotFound,)
        )
        if changed is None:
            raise TransientError("the sink was removed by somebody just now")
        return changed

    def _find(self, project_id: str, name: str) -> LogSink | None:
        return self._calls.ask(
            self._client.get_sink,
            GetSinkRequest(sink_name=_path(project_id, name)),
            needs=_needs(project_id),
            expected=(NotFound,),
        )

    def _wanted(self, sink: Sink) -> LogSink:
        return LogSink(
            name=sink.name,
            destination=self._destination,
            filter=sink.filter,
            description=sink.description,
            exclusions=[LogExclusion(name=n, filter=f) for n, f in sink.exclusions.items()],
        )


def _path(project_id: str, name: str) -> str:
    return f"projects/{project_id}/sinks/{name}"


def _needs(project_id: str) -> str:
    return f"roles/logging.configWriter on project {project_id}"


def _is_as(wanted: LogSink, found: LogSink) -> bool:
    """Whether a sink takes what is wanted; when an exclusion was made is no difference."""
    return (wanted.filter, wanted.description, _exclusions(wanted)) == (
        found.filter,
        found.description,
        _exclusions(found),
    ) and not found.disabled


def _exclusions(sink: LogSink) -> list[tuple[str, str, bool]]:
    return [(each.name, each.filter, each.disabled) for each in sink.exclusions]


def _made(sink: LogSink) -> MadeSink:
    return MadeSink(sink.name, sink.writer_identity or None)
