"""The topics and subscriptions of a deployment, made in Pub/Sub's emulator."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from google.api_core.exceptions import AlreadyExists
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import DeadLetterPolicy, PushConfig, RetryPolicy, Subscription, Topic

from vigil.adapters.pubsub_clients import publisher_client, subscriber_client
from vigil.doors.topology import (
    DEAD_LETTER_TOPICS,
    PUSHES,
    SET_ASIDE,
    TOPICS,
    PullSubscription,
    PushSubscription,
)

_CALL_SECONDS = 10.0
# Returns where a subscription pushes to, "" for one from which somebody pulls.
EndpointOf = Callable[[PushSubscription], str]


def make_topics(emulator_host: str, project: str, endpoint_of: EndpointOf) -> None:
    """Make all that the topology names and is not there yet; pushes go where `endpoint_of` says.

    Made again, pushes go where they are to go now, and all else stays.
    """
    with ExitStack() as opening:
        topics: Any = publisher_client(emulator_host)
        opening.callback(topics.transport.close)
        subscriptions: Any = subscriber_client(emulator_host)
        opening.callback(subscriptions.transport.close)
        names = _Names(project)
        for topic in (*TOPICS, *DEAD_LETTER_TOPICS):
            with suppress(AlreadyExists):
                topics.create_topic(request=Topic(name=names.topic(topic)), timeout=_CALL_SECONDS)
        for pull in SET_ASIDE:
            with suppress(AlreadyExists):
                wanted = names.pull_subscription(pull)
                subscriptions.create_subscription(request=wanted, timeout=_CALL_SECONDS)
        for push in PUSHES:
            _subscribe(subscriptions, names.push_subscription(push, endpoint_of(push)))


def subscription_name(project: str, name: str) -> str:
    """Return the full name of a subscription."""
    return f"projects/{project}/subscriptions/{name}"


def _subscribe(subscriptions: Any, wanted: Any) -> None:
    try:
        subscriptions.create_subscription(request=wanted, timeout=_CALL_SECONDS)
    except AlreadyExists:
        subscriptions.modify_push_config(
            request={"subscription": wanted.name, "push_config": wanted.push_config},
            timeout=_CALL_SECONDS,
        )


class _Names:
    """The topology's rows as Pub/Sub takes them, with the names that they have in one project."""

    def __init__(self, project: str) -> None:
        self._project = project

    def topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    def pull_subscription(self, pull: PullSubscription) -> Any:
        return Subscription(
            name=subscription_name(self._project, pull.name),
            topic=self.topic(pull.topic),
            ack_deadline_seconds=_seconds(pull.ack_deadline),
            message_retention_duration=_duration(pull.retention),
        )

    def push_subscription(self, push: PushSubscription, endpoint: str) -> Any:
        return Subscription(
            name=subscription_name(self._project, push.name),
            topic=self.topic(push.topic),
            push_config=PushConfig(push_endpoint=endpoint),
            ack_deadline_seconds=_seconds(push.ack_deadline),
            message_retention_duration=_duration(push.retention),
            retry_policy=RetryPolicy(
                minimum_backoff=_duration(push.minimum_backoff),
                maximum_backoff=_duration(push.maximum_backoff),
            ),
            dead_letter_policy=self._dead_letter_policy(push),
        )

    def _dead_letter_policy(self, push: PushSubscription) -> Any:
        if push.dead_letters is None:
            return None
        return DeadLetterPolicy(
            dead_letter_topic=self.topic(push.dead_letters), max_delivery_attempts=push.attempts
        )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _duration(length: timedelta) -> Duration:
    return Duration(seconds=_seconds(length))
