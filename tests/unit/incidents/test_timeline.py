"""What happened in an incident, moment by moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly, incident
from vigil.incidents.timeline import MOST_MEMBERS, Moment, MomentKind, timeline
from vigil.model.alert_change import AlertChange
from vigil.model.anomaly import AnomalyType, Evidence
from vigil.model.change import Change, ChangeKind
from vigil.model.incident import Incident, IncidentStatus
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.notification import Notification, NotificationStatus, Transition
from vigil.model.suspect import Suspect


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


PAYMENT = anomaly(
    evidence=(
        Evidence("pay <*>", "pay 17: refused", 3, NOON + seconds(5), NOON + seconds(9), "t2"),
        Evidence("pay <*>", "pay 18: refused", 3, NOON + seconds(4), NOON + seconds(9), "t1"),
    )
)
CHECKOUT = anomaly(
    anomaly_id="v1-checkout",
    endpoint="POST /checkout",
    anomaly_type=AnomalyType.LATENCY_INCREASE,
    description="took 900 ms, usually 80 ms",
    started_at=NOON + seconds(20),
)
DEPLOYED = Change(
    "v1-change", "acme", ChangeKind.REVISION, "shop", "revision shop-00042", NOON - seconds(237)
)
STORY = incident(
    changes=(DEPLOYED,),
    reasons={"v1-checkout": "calls POST /payment in 98% of its requests"},
    alert_id="v1-alert",
    suspects=(Suspect("shop", "POST /payment", 0.9),),
)


def said(moments: tuple[Moment, ...], kind: MomentKind) -> list[str]:
    return [moment.text for moment in moments if moment.kind is kind]


def test_an_incident_is_told_from_what_was_changed_to_who_was_told() -> None:
    moments = timeline(
        replace(STORY, status=IncidentStatus.RESOLVED, resolved_at=NOON + seconds(600)),
        [CHECKOUT, PAYMENT],
        alert_changes=[
            AlertChange(1, "open", NOON + seconds(70), "vigil"),
            AlertChange(2, "acknowledged", NOON + seconds(90), "kim"),
            AlertChange(3, "resolved", NOON + seconds(600), "vigil", "quiet again"),
        ],
        told=[_told(NotificationStatus.SENT), _told(NotificationStatus.FAILED)],
    )
    assert [(round((moment.at - NOON).total_seconds()), moment.text) for moment in moments] == [
        (-237, "Changed: revision shop-00042 of shop, 4 min before it began"),
        (
            3,
            "Error spike in POST /payment, the root cause: "
            "38 of 40 requests failed, usually 0 of 42",
        ),
        (4, "The first failing trace t1 in POST /payment: pay 18: refused"),
        (
            20,
            "Latency spike in POST /checkout: took 900 ms, usually 80 ms "
            "(calls POST /payment in 98% of its requests)",
        ),
        (60, "Detected, 57 s after it began"),
        (70, "The alert was opened by vigil"),
        (71, "slack was told that it is opened"),
        (90, "The alert was acknowledged by kim"),
        (600, "Quiet again, after 9 min 57 s"),
    ]


def _told(status: NotificationStatus) -> Notification:
    sent_at = NOON + seconds(71)
    return Notification(
        "v1-key",
        "acme",
        "v1-alert",
        "slack",
        Transition.OPENED,
        status,
        NOON + seconds(70),
        NOON + seconds(70),
        sent_at=sent_at,
    )


def test_what_strays_again_and_again_is_told_once() -> None:
    again = [
        replace(PAYMENT, anomaly_id=f"v1-{n}", started_at=NOON + seconds(60 * n), detected_at=ended)
        for n in range(1, 4)
        if (ended := NOON + seconds(60 * n + 60))
    ]
    moments = timeline(STORY, [*again, PAYMENT])
    assert said(moments, MomentKind.ONSET) == [
        "Error spike in POST /payment, the root cause: 38 of 40 requests failed, usually 0 of 42; "
        "4 times in 3 min 57 s"
    ]
    assert said(moments, MomentKind.MEMBER) == []


def test_what_there_is_not_enough_evidence_for_is_not_called_the_root_cause() -> None:
    moments = timeline(replace(STORY, suspects=()), [PAYMENT])
    assert said(moments, MomentKind.ONSET) == [
        "Error spike in POST /payment: 38 of 40 requests failed, usually 0 of 42"
    ]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        pytest.param(
            IncidentStep(StepKind.MERGED, NOON, "vigil", "Error spike in cart", "INC-2"),
            "INC-2 became part of it: Error spike in cart",
            id="merged",
        ),
        pytest.param(
            IncidentStep(StepKind.RAISED, NOON, "vigil", "to critical: 30% of users are hit"),
            "Raised to critical: 30% of users are hit",
            id="raised",
        ),
        pytest.param(
            IncidentStep(StepKind.REOPENED, NOON, "kim", "still slow"),
            "Reopened by kim: still slow",
            id="reopened",
        ),
        pytest.param(
            IncidentStep(StepKind.RESOLVED, NOON, "vigil"), "Resolved by vigil", id="resolved"
        ),
    ],
)
def test_each_step_of_its_life_is_told(step: IncidentStep, text: str) -> None:
    moments = timeline(replace(STORY, steps=(step,)), [PAYMENT])
    assert said(moments, MomentKind(step.kind.value)) == [text]


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        pytest.param(
            incident(
                status=IncidentStatus.RESOLVED, resolved_at=NOON + seconds(63), resolved_by="kim"
            ),
            "Resolved by kim, after 1 min",
            id="by a person",
        ),
        pytest.param(
            incident(status=IncidentStatus.MERGED, merged_into="INC-1"),
            "Became part of INC-1",
            id="by merging",
        ),
    ],
)
def test_how_it_ended_is_told(ended: Incident, text: str) -> None:
    assert text in [moment.text for moment in timeline(ended, [PAYMENT])]


def test_an_incident_of_which_nothing_is_kept_still_tells_when_it_was_detected() -> None:
    (moment,) = timeline(incident(), [])
    assert (moment.kind, moment.at) == (MomentKind.DETECTED, NOON + seconds(60))


def test_a_change_after_the_beginning_says_so() -> None:
    late = replace(STORY, changes=(replace(DEPLOYED, service="", at=NOON + seconds(63)),))
    assert said(timeline(late, []), MomentKind.CHANGE) == [
        "Changed: revision shop-00042, 1 min after it began"
    ]


def test_the_members_that_strayed_first_are_told_and_texts_are_cut() -> None:
    many = [
        anomaly(
            anomaly_id=f"v1-{n}",
            service=f"s{n:03}",
            endpoint="",
            description="x" * 1000,
            started_at=NOON + seconds(n),
        )
        for n in range(100)
    ]
    moments = [m for m in timeline(STORY, many) if m.kind is not MomentKind.DETECTED]
    told = [m for m in moments if m.kind is not MomentKind.CHANGE]
    assert [moment.subject for moment in told] == [f"v1-{n}" for n in range(MOST_MEMBERS)]
    assert max(len(moment.text) for moment in told) <= 300
