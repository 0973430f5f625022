"""Cloud Logging's entries and sinks and the IAM policy of a topic, over real gRPC."""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
from google.cloud.logging_v2.services.config_service_v2.transports import (
    ConfigServiceV2GrpcTransport,
)
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import (
    LoggingServiceV2GrpcTransport,
)
from google.cloud.logging_v2.types import (
    CreateSinkRequest,
    DeleteSinkRequest,
    GetSinkRequest,
    ListSinksRequest,
    ListSinksResponse,
    LogEntry,
    LogSink,
    UpdateSinkRequest,
    WriteLogEntriesRequest,
    WriteLogEntriesResponse,
)
from google.iam.v1.iam_policy_pb2 import GetIamPolicyRequest, SetIamPolicyRequest
from google.iam.v1.policy_pb2 import Policy
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from tests.logging_query import InvalidQuery, read_query
from tests.servers.grpc_server import GrpcServer, Method

FOREIGN_TEXT = "canary-of-the-server"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_DESTINATION = re.compile(r"pubsub\.googleapis\.com/projects/[a-z0-9-]+/topics/[\w.-]+")
_FILTER_LIMIT = 20_000
Code = grpc.StatusCode


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with one call: before the work is done, or after it if the reply is lost."""

    code: grpc.StatusCode | None = None
    is_reply_lost: bool = False
    seconds: float = 0.0


@dataclass
class LoggingServer:
    """Projects with their sinks and one topic with its policy; `troubles` are taken in turn.

    Entries that are written go to `deliver`, in JSON as a sink exports them.
    """

    sinks: dict[str, LogSink] = field(default_factory=dict)
    policy: Policy = field(default_factory=lambda: Policy(etag=b"0"))
    calls: list[str] = field(default_factory=list)
    troubles: defaultdict[str, deque[Trouble]] = field(default_factory=lambda: defaultdict(deque))
    before_set: Callable[["LoggingServer"], None] = lambda server: None
    deliver: Callable[[dict[str, Any]], None] = lambda entry: None
    config: ConfigServiceV2Client = field(init=False)
    entries: LoggingServiceV2Client = field(init=False)
    publisher: PublisherClient = field(init=False)

    def fail(self, method: str, *troubles: Trouble) -> None:
        """Let the next calls of `method` go wrong."""
        self.troubles[method].extend(troubles)

    def members(self, role: str) -> list[str]:
        return [
            m for binding in self.policy.bindings if binding.role == role for m in binding.members
        ]

    def write_policy(self, policy: Policy) -> None:
        self.policy = Policy()
        self.policy.CopyFrom(policy)
        self.policy.etag = str(int(policy.etag or b"0") + 1).encode()

    def create_sink(self, request: CreateSinkRequest, context: grpc.ServicerContext) -> LogSink:
        sink = request.sink
        path = f"{request.parent}/sinks/{sink.name}"
        _check(sink, context)
        if path in self.sinks:
            _refuse(context, Code.ALREADY_EXISTS)
        if not request.unique_writer_identity:
            _refuse(context, Code.INVALID_ARGUMENT)
        return self._keep(path, sink)

    def update_sink(self, request: UpdateSinkRequest, context: grpc.ServicerContext) -> LogSink:
        _check(request.sink, context)
        if request.sink_name not in self.sinks:
            _refuse(context, Code.NOT_FOUND)
        kept = LogSink(self.sinks[request.sink_name])
        for name in request.update_mask.paths:
            setattr(kept, name, getattr(request.sink, name))
        return self._keep(request.sink_name, kept)

    def get_sink(self, request: GetSinkRequest, context: grpc.ServicerContext) -> LogSink:
        if request.sink_name not in self.sinks:
            _refuse(context, Code.NOT_FOUND)
        return self.sinks[request.sink_name]

    def list_sinks(
        self, request: ListSinksRequest, _context: grpc.ServicerContext
    ) -> ListSinksResponse:
        below = f"{request.parent}/sinks/"
        return ListSinksResponse(
            sinks=[s for path, s in self.sinks.items() if path.startswith(below)]
        )

    def delete_sink(self, request: DeleteSinkRequest, context: grpc.ServicerContext) -> Empty:
        if self.sinks.pop(request.sink_name, None) is None:
            _refuse(context, Code.NOT_FOUND)
        return Empty()

    def get_policy(self, request: GetIamPolicyRequest, context: grpc.ServicerContext) -> Policy:
        if request.options.requested_policy_version < 3:
            _refuse(context, Code.INVALID_ARGUMENT)
        return self.policy

    def set_policy(self, request: SetIamPolicyRequest, context: grpc.ServicerContext) -> Policy:
        self.before_set(self)
        if request.policy.etag != self.policy.etag:
            _refuse(context, Code.ABORTED)
        self.write_policy(request.policy)
        return self.policy

    def write_entries(
        self, request: WriteLogEntriesRequest, context: grpc.ServicerContext
    ) -> WriteLogEntriesResponse:
        if not request.entries or any(not entry.log_name for entry in request.entries):
            _refuse(context, Code.INVALID_ARGUMENT)
        now = datetime.now(UTC).isoformat()
        for entry in request.entries:
            shown = MessageToDict(LogEntry.pb(entry))
            self.deliver({"timestamp": now, **shown, "receiveTimestamp": now})
        return WriteLogEntriesResponse()

    def _keep(self, path: str, sink: LogSink) -> LogSink:
        kept = LogSink(sink)
        project = path.split("/")[1]
        kept.writer_identity = f"serviceAccount:{project}@gcp-sa-logging.iam.gserviceaccount.com"
        self.sinks[path] = kept
        return kept

    def method(self, name: str, request: type[Any], work: Callable[..., Any]) -> Method:
        def answer(asked: Any, context: grpc.ServicerContext) -> Any:
            self.calls.append(name)
            trouble = self.troubles[name].popleft() if self.troubles[name] else Trouble()
            time.sleep(trouble.seconds)
            if trouble.code is not None and not trouble.is_reply_lost:
                _refuse(context, trouble.code)
            reply = work(asked, context)
            if trouble.code is not None:
                _refuse(context, trouble.code)
            return reply

        return Method(request, answer)


@contextmanager
def logging_server() -> Iterator[LoggingServer]:
    """Serve while the block lasts; `config`, `entries` and `publisher` are Google's clients."""
    server = LoggingServer()
    configuration = {
        "CreateSink": server.method("CreateSink", CreateSinkRequest, server.create_sink),
        "UpdateSink": server.method("UpdateSink", UpdateSinkRequest, server.update_sink),
        "GetSink": server.method("GetSink", GetSinkRequest, server.get_sink),
        "ListSinks": server.method("ListSinks", ListSinksRequest, server.list_sinks),
        "DeleteSink": server.method("DeleteSink", DeleteSinkRequest, server.delete_sink),
    }
    policies = {
        "GetIamPolicy": server.method("GetIamPolicy", GetIamPolicyRequest, server.get_policy),
        "SetIamPolicy": server.method("SetIamPolicy", SetIamPolicyRequest, server.set_policy),
    }
    writing = {
        "WriteLogEntries": server.method(
            "WriteLogEntries", WriteLogEntriesRequest, server.write_entries
        )
    }
    with ExitStack() as opened:
        logs = opened.enter_context(GrpcServer("google.logging.v2.LoggingServiceV2", writing))
        server.entries = LoggingServiceV2Client(
            transport=LoggingServiceV2GrpcTransport(channel=logs.channel())
        )
        sinks = opened.enter_context(GrpcServer("google.logging.v2.ConfigServiceV2", configuration))
        topics = opened.enter_context(GrpcServer("google.iam.v1.IAMPolicy", policies))
        server.config = ConfigServiceV2Client(
            transport=ConfigServiceV2GrpcTransport(channel=sinks.channel())
        )
        server.publisher = PublisherClient(
            transport=PublisherGrpcTransport(channel=topics.channel())
        )
        yield server


def _check(sink: LogSink, context: grpc.ServicerContext) -> None:
    """Refuse what Cloud Logging refuses."""
    fits = _NAME.fullmatch(sink.name) and _DESTINATION.fullmatch(sink.destination)
    filters = [sink.filter, *(exclusion.filter for exclusion in sink.exclusions)]
    if not fits or any(not _is_filter(text) for text in filters):
        _refuse(context, Code.INVALID_ARGUMENT)


def _is_filter(text: str) -> bool:
    try:
        read_query(text)
    except InvalidQuery:
        return False
    return len(text) <= _FILTER_LIMIT


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode) -> None:
    context.abort(code, f"{FOREIGN_TEXT}: {code.name}")
