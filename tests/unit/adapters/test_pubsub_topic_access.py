"""The topic's policy through Google's own client; what others have granted is theirs."""

from collections.abc import Iterator

import grpc
import pytest
from google.iam.v1.policy_pb2 import Policy
from google.type.expr_pb2 import Expr

from tests.servers.logging_server import LoggingServer, Trouble, logging_server
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.pubsub_topic_access import ROLE, PubsubTopicAccess
from vigil.errors import TransientError

TOPIC = "projects/vigil-home/topics/vigil-logs"
WRITER = "serviceAccount:acme-prod@gcp-sa-logging.iam.gserviceaccount.com"


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with logging_server() as running:
        yield running


@pytest.fixture
def access(server: LoggingServer) -> PubsubTopicAccess:
    return PubsubTopicAccess(server.publisher, CloudCalls(credentials=None), topic=TOPIC)


def conditional() -> Policy:
    """Return a policy with bindings that are not ours to touch."""
    policy = Policy(etag=b"7", version=3)
    policy.bindings.add(
        role=ROLE, members=["user:ann@x.example"], condition=Expr(expression="false")
    )
    policy.bindings.add(role="roles/pubsub.viewer", members=["user:bob@x.example"])
    return policy


def test_what_others_have_granted_stays(server: LoggingServer, access: PubsubTopicAccess) -> None:
    server.policy = conditional()
    access.admit(WRITER)
    access.dismiss("user:ann@x.example")
    assert set(server.members(ROLE)) == {"user:ann@x.example", WRITER}

    access.dismiss(WRITER)
    assert list(server.policy.bindings) == list(conditional().bindings)
    assert server.policy.version == 3


def test_nothing_is_written_where_nothing_changes(
    server: LoggingServer, access: PubsubTopicAccess
) -> None:
    access.admit(WRITER)
    for _ in range(3):
        access.admit(WRITER)
    access.dismiss("user:nobody@x.example")

    assert server.calls.count("SetIamPolicy") == 1


def test_who_writes_the_policy_meanwhile_loses_nothing(
    server: LoggingServer, access: PubsubTopicAccess
) -> None:
    def somebody_else(running: LoggingServer) -> None:
        running.before_set = lambda _: None
        running.write_policy(conditional())

    server.before_set = somebody_else
    access.admit(WRITER)

    assert set(server.members(ROLE)) == {"user:ann@x.example", WRITER}
    assert server.members("roles/pubsub.viewer") == ["user:bob@x.example"]


def test_a_policy_that_others_write_all_the_time_is_left_for_later(
    server: LoggingServer, access: PubsubTopicAccess
) -> None:
    server.before_set = lambda running: running.write_policy(running.policy)
    with pytest.raises(TransientError, match="by others each time"):
        access.admit(WRITER)

    assert server.members(ROLE) == []


def test_an_account_that_iam_does_not_know_yet_is_a_matter_of_time(
    server: LoggingServer, access: PubsubTopicAccess
) -> None:
    server.fail("SetIamPolicy", Trouble(grpc.StatusCode.INVALID_ARGUMENT))
    with pytest.raises(TransientError):
        access.admit(WRITER)
    access.admit(WRITER)

    assert server.members(ROLE) == [WRITER]
