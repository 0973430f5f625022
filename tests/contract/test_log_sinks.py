"""What every LogSinks and TopicAccess promises, the real ones with Google's clients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.cloud_project import CloudProject
from tests.servers.logging_server import logging_server
from vigil.adapters.cloud_calls import CloudCalls
from vigil.adapters.cloud_log_sinks import CloudLogSinks
from vigil.adapters.pubsub_topic_access import ROLE, PubsubTopicAccess
from vigil.sink_ports import LogSinks, Sink, TopicAccess

TOPIC = "projects/vigil-home/topics/vigil-logs"
SINK = Sink(
    "acme-prod", "vigil-v1-a", "Watched", "severity>=ERROR", {"own": 'labels.service=~"^vigil-"'}
)


@dataclass
class Cloud:
    """What is tested, and how to see who may write."""

    sinks: LogSinks
    access: TopicAccess
    writers: Callable[[], set[str]]


@pytest.fixture(params=["in memory", "Google's clients"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    if request.param == "in memory":
        project = CloudProject()
        yield Cloud(project, project, lambda: project.writers)
        return
    with logging_server() as server:
        calls = CloudCalls(credentials=None)
        yield Cloud(
            CloudLogSinks(server.config, calls, topic=TOPIC),
            PubsubTopicAccess(server.publisher, calls, topic=TOPIC),
            lambda: set(server.members(ROLE)),
        )


def test_a_sink_is_made_once_and_found_to_be_there_after_that(cloud: Cloud) -> None:
    made = cloud.sinks.create(SINK)

    assert made.name == SINK.name
    assert made.writer_identity is not None
    assert "acme-prod" in made.writer_identity
    assert cloud.sinks.create(SINK) == made
    assert list(cloud.sinks.delivering("acme-prod")) == [SINK.name]


def test_a_sink_that_is_asked_for_otherwise_stays_one_sink(cloud: Cloud) -> None:
    made = cloud.sinks.create(SINK)

    assert cloud.sinks.create(replace(SINK, filter="severity>=DEBUG", exclusions={})) == made
    assert list(cloud.sinks.delivering("acme-prod")) == [SINK.name]


def test_projects_have_their_own_sinks_and_writers(cloud: Cloud) -> None:
    one = cloud.sinks.create(SINK)
    other = cloud.sinks.create(replace(SINK, project_id="globex-prod"))
    cloud.sinks.remove("acme-prod", SINK.name)

    assert one.writer_identity != other.writer_identity
    assert list(cloud.sinks.delivering("acme-prod")) == []
    assert list(cloud.sinks.delivering("globex-prod")) == [SINK.name]


def test_removing_what_is_not_there_is_done(cloud: Cloud) -> None:
    cloud.sinks.create(SINK)
    for _ in range(2):
        cloud.sinks.remove("acme-prod", SINK.name)

    assert list(cloud.sinks.delivering("acme-prod")) == []


def test_letting_in_and_shutting_out_may_be_done_twice(cloud: Cloud) -> None:
    for _ in range(2):
        cloud.access.admit("serviceAccount:a@x.example")
    cloud.access.admit("serviceAccount:b@x.example")
    assert cloud.writers() == {"serviceAccount:a@x.example", "serviceAccount:b@x.example"}

    for _ in range(2):
        cloud.access.dismiss("serviceAccount:a@x.example")
    assert cloud.writers() == {"serviceAccount:b@x.example"}
    cloud.access.dismiss("serviceAccount:b@x.example")
    assert cloud.writers() == set()
