"""Policies about topics, subscriptions and sinks: nothing is lost, given up early or fed back."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from tests.planned_deployment import PROJECT
from tests.terraform.plans import REGION, Plan, Resource
from vigil.doors.topology import (
    DEAD_LETTER_TOPICS,
    OWN_SERVICES,
    PUSHES,
    SET_ASIDE,
    TICKS,
    TOPICS,
    PushSubscription,
)
from vigil.logs.own_entries import OwnEntries

PUSHER = f"vigil-pusher@{PROJECT}.iam.gserviceaccount.com"
AGENT = 'google_project_service_identity.agent["pubsub.googleapis.com"].member'
FEWEST_ATTEMPTS = 50
# Through an ordinary outage of one of Google's services nothing is set aside.
ORDINARY_OUTAGE = timedelta(hours=6)
SUBSCRIPTION = "google_pubsub_subscription"


def pushes_are_signed(plan: Plan) -> Iterator[str]:
    """By the pusher, and for the function that they go to."""
    for each in plan.of(SUBSCRIPTION):
        if not (push := each.block("push_config")):
            continue
        token = each.block("push_config", "oidc_token")
        if token.get("service_account_email") != PUSHER:
            yield f"{each.address} is not pushed in the pusher's name"
        address = plan.address(each.values["labels"]["function"])
        if token.get("audience") != address or not push["push_endpoint"].startswith(f"{address}/"):
            yield f"{each.address} has an audience that is not its function's address"


def topics_are_those_of_the_code(plan: Plan) -> Iterator[str]:
    """No more, and no fewer."""
    made = {each.values["name"]: each.address for each in plan.of("google_pubsub_topic", "topic")}
    for name in sorted(made.keys() ^ {*TOPICS, *DEAD_LETTER_TOPICS}):
        yield f"{made.get(name, name)} is in the code or in Terraform, but not in both"


def pushes_are_those_of_the_code(plan: Plan) -> Iterator[str]:
    """Field by field."""
    made = plan.by_key(SUBSCRIPTION, "push")
    coded = {each.name: each for each in PUSHES}
    for name in sorted(made.keys() ^ coded.keys()):
        yield f'{SUBSCRIPTION}.push["{name}"] is in the code or in Terraform, but not in both'
    for name in sorted(made.keys() & coded.keys()):
        differing = _differences(_fields(made[name]), _coded(plan, coded[name]))
        yield from (f"{made[name].address}: {each}" for each in differing)


def what_is_set_aside_is_that_of_the_code(plan: Plan) -> Iterator[str]:
    """Field by field."""
    made = plan.by_key(SUBSCRIPTION, "set_aside")
    for name in sorted(made.keys() ^ {each.name for each in SET_ASIDE}):
        yield f'{SUBSCRIPTION}.set_aside["{name}"] is in the code or in Terraform, not in both'
    for each in SET_ASIDE:
        coded = {
            "name": each.name,
            "topic": _topic(each.topic),
            "ack_deadline_seconds": each.ack_deadline.total_seconds(),
            "message_retention_duration": _written(each.retention),
        }
        found = made[each.name].values if each.name in made else coded
        for difference in _differences({name: found[name] for name in coded}, coded):
            yield f'{SUBSCRIPTION}.set_aside["{each.name}"]: {difference}'


def subscriptions_try_again(plan: Plan) -> Iterator[str]:
    """Later each time, up to ten minutes; but a tick that is late is worth nothing."""
    for each in plan.of(SUBSCRIPTION):
        most = each.block("retry_policy").get("maximum_backoff")
        is_tick = each.values["topic"] == _topic(TICKS)
        if most is None or (most != "600s" and not is_tick):
            yield f"{each.address} does not try again with pauses of up to ten minutes"


def subscriptions_last(plan: Plan) -> Iterator[str]:
    """Google removes one that nobody has used for a month, unless it is told not to."""
    for each in plan.of(SUBSCRIPTION):
        if each.block("expiration_policy").get("ttl") != "":
            yield f"{each.address} expires"


def messages_are_given_up_late(plan: Plan) -> Iterator[str]:
    """After at least fifty attempts, and after longer than an ordinary outage takes."""
    for each in _given_up(plan):
        attempts = each.block("dead_letter_policy")["max_delivery_attempts"]
        if attempts < FEWEST_ATTEMPTS:
            yield f"{each.address} gives up after {attempts} attempts"
        if (tried := _tried_for(each.block("retry_policy"), attempts)) < ORDINARY_OUTAGE:
            yield f"{each.address} gives up after {tried}"


def only_ticks_are_never_set_aside(plan: Plan) -> Iterator[str]:
    """And what was set aside already."""
    for each in plan.of(SUBSCRIPTION, "push"):
        topic = each.values["topic"]
        needs = topic not in {_topic(TICKS), *map(_topic, DEAD_LETTER_TOPICS)}
        if needs != bool(each.block("dead_letter_policy")):
            yield f"{each.address} {'never gives up' if needs else 'gives up'}"


def dead_letters_are_kept(plan: Plan) -> Iterator[str]:
    """Each topic of theirs has a subscription that nobody pushes, and in which they wait."""
    kept = {
        each.values["topic"]: each
        for each in plan.of(SUBSCRIPTION)
        if not each.block("push_config") and each.values["message_retention_duration"] == "604800s"
    }
    for each in _given_up(plan):
        topic = each.block("dead_letter_policy")["dead_letter_topic"]
        if topic not in kept:
            yield f"{each.address} sets aside into {topic}, from which nobody takes"


def pubsub_may_set_aside(plan: Plan) -> Iterator[str]:
    """It publishes into the topic, and takes out of the subscription."""
    publishes = {
        each.values["topic"]
        for each in plan.of("google_pubsub_topic_iam_member")
        if _is_agents(each, "roles/pubsub.publisher")
    }
    takes = {
        each.values["subscription"]
        for each in plan.of("google_pubsub_subscription_iam_member")
        if _is_agents(each, "roles/pubsub.subscriber")
    }
    for each in _given_up(plan):
        topic = each.block("dead_letter_policy")["dead_letter_topic"]
        if topic not in map(_topic, publishes):
            yield f"{each.address}: Pub/Sub may not publish into {topic}"
        if each.values["name"] not in takes:
            yield f"{each.address}: Pub/Sub may not take out of it"


def messages_stay_where_they_may(plan: Plan) -> Iterator[str]:
    """In Vigil's own region, unless a variable says otherwise."""
    for each in plan.of("google_pubsub_topic"):
        regions = each.block("message_storage_policy").get("allowed_persistence_regions")
        if regions != [REGION]:
            yield f"{each.address} keeps messages anywhere"


def a16_sinks_exclude_own_entries(plan: Plan) -> Iterator[str]:
    """All that the deployed code would drop as its own (A16)."""
    own = tuple(plan.environment("batch_logs")["VIGIL_OWN_SERVICES"].split(","))
    wanted = OwnEntries(own, PROJECT).exclusions()
    for each in plan.resources:
        if not each.kind.startswith("google_logging_") or not each.kind.endswith("_sink"):
            continue
        excluded = {found["name"]: found["filter"] for found in each.values["exclusions"]}
        if OWN_SERVICES not in own or not wanted.items() <= excluded.items():
            yield f"{each.address} sends entries of Vigil's own"


def writers_are_of_one_sink(plan: Plan) -> Iterator[str]:
    """Sinks of folders and organizations have no other."""
    for each in plan.of("google_logging_project_sink"):
        if each.values["unique_writer_identity"] is not True:
            yield f"{each.address} writes as everybody's sinks do"


def _given_up(plan: Plan) -> Iterator[Resource]:
    for each in plan.of(SUBSCRIPTION):
        if each.block("dead_letter_policy"):
            yield each


def _tried_for(policy: Mapping[str, Any], attempts: int) -> timedelta:
    """Return how long a message is tried, if each pause is twice as long as the one before."""
    least, most = (int(policy[f"{each}imum_backoff"].rstrip("s")) for each in ("min", "max"))
    pauses = (min(most, least * 2 ** min(number, 20)) for number in range(attempts - 1))
    return timedelta(seconds=sum(pauses))


def _is_agents(grant: Resource, role: str) -> bool:
    return (grant.values["role"], grant.values["member"]) == (role, AGENT)


def _topic(name: str) -> str:
    return f'google_pubsub_topic.topic["{name}"].id'


def _written(duration: timedelta) -> str:
    return f"{duration.total_seconds():.0f}s"


def _fields(made: Resource) -> Mapping[str, Any]:
    dead, values = made.block("dead_letter_policy"), made.values
    return {
        "name": values["name"],
        "topic": values["topic"],
        "endpoint": made.block("push_config").get("push_endpoint"),
        "ack_deadline": values["ack_deadline_seconds"],
        "minimum_backoff": made.block("retry_policy").get("minimum_backoff"),
        "maximum_backoff": made.block("retry_policy").get("maximum_backoff"),
        "retention": values["message_retention_duration"],
        "dead_letters": dead.get("dead_letter_topic"),
        "attempts": dead.get("max_delivery_attempts"),
    }


def _coded(plan: Plan, push: PushSubscription) -> Mapping[str, Any]:
    return {
        "name": push.name,
        "topic": _topic(push.topic),
        "endpoint": f"{plan.address(push.function)}{push.path}",
        "ack_deadline": push.ack_deadline.total_seconds(),
        "minimum_backoff": _written(push.minimum_backoff),
        "maximum_backoff": _written(push.maximum_backoff),
        "retention": _written(push.retention),
        "dead_letters": _topic(push.dead_letters) if push.dead_letters else None,
        "attempts": push.attempts if push.dead_letters else None,
    }


def _differences(made: Mapping[str, Any], coded: Mapping[str, Any]) -> Iterator[str]:
    for name, value in coded.items():
        if made[name] != value:
            yield f"{name} is {made[name]}, and {value} in the code"


POLICIES = (
    pushes_are_signed,
    topics_are_those_of_the_code,
    pushes_are_those_of_the_code,
    what_is_set_aside_is_that_of_the_code,
    subscriptions_try_again,
    subscriptions_last,
    messages_are_given_up_late,
    only_ticks_are_never_set_aside,
    dead_letters_are_kept,
    pubsub_may_set_aside,
    messages_stay_where_they_may,
    a16_sinks_exclude_own_entries,
    writers_are_of_one_sink,
)
