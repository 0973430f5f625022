"""People read what to look at first: short, in order, and never something to be pasted."""

import re

import pytest

from tests.repository.tree import ROOT
from vigil.detection.actions import _BY_DETECTOR, _BY_TYPE, MOST_ACTIONS, recommended_actions
from vigil.detection.wording_rule import WORDING_RULES
from vigil.model.anomaly import AnomalyType

FOUND = [anomaly_type for anomaly_type in AnomalyType if anomaly_type != "received_alert"]
# What finds the whole of its type has the type's actions.
_OF_THEIR_TYPE = {"error_rate", "latency"}
_LONGEST = 100
_SHELL = re.compile(r"[`$|;&<>\\{}]|--|\b(?:sudo|rm|kubectl|gcloud|curl|kill)\b")

EVERY_LIST = [
    *[pytest.param(actions, id=kind) for kind, actions in _BY_TYPE.items()],
    *[pytest.param(actions, id=detector) for detector, actions in _BY_DETECTOR.items()],
    *[pytest.param(rule.actions, id=rule.rule_id) for rule in WORDING_RULES],
]


@pytest.mark.parametrize("actions", EVERY_LIST)
def test_actions_are_few_short_and_no_commands(actions: tuple[str, ...]) -> None:
    assert 1 <= len(actions) <= MOST_ACTIONS
    assert len(set(actions)) == len(actions)
    for action in actions:
        assert len(action) <= _LONGEST
        assert action[0].isupper()
        assert not action.endswith(".")
        assert not _SHELL.search(action)


@pytest.mark.parametrize("anomaly_type", FOUND)
def test_every_type_has_actions(anomaly_type: AnomalyType) -> None:
    assert recommended_actions(anomaly_type) == recommended_actions(anomaly_type, "unheard of")


@pytest.mark.parametrize(
    ("anomaly_type", "found_by", "word"),
    [
        pytest.param(AnomalyType.PERFORMANCE_DEGRADATION, "silence", "maintenance", id="silence"),
        pytest.param(AnomalyType.PERFORMANCE_DEGRADATION, "volume_drop", "callers", id="a drop"),
        pytest.param(AnomalyType.UNUSUAL_PATTERN, "new_error", "roll", id="after a release"),
        pytest.param(AnomalyType.SECURITY_INCIDENT, "brute_force", "source", id="brute force"),
        pytest.param(AnomalyType.RESOURCE_EXHAUSTION, "memory", "memory", id="memory"),
        pytest.param(AnomalyType.RESOURCE_EXHAUSTION, "connections", "pool", id="connections"),
    ],
)
def test_what_found_it_says_what_to_do(anomaly_type: AnomalyType, found_by: str, word: str) -> None:
    actions = recommended_actions(anomaly_type, found_by)
    assert actions != recommended_actions(anomaly_type)
    assert word in " ".join(actions)


def test_every_detector_has_actions_and_every_action_a_detector() -> None:
    named = set(_OF_THEIR_TYPE)
    for path in (ROOT / "shared/vigil/detection").rglob("*.py"):
        for line in path.read_text().splitlines():
            if "detector=" in line or "NEW_ERROR = " in line:
                named |= set(re.findall(r'"([a-z_]+)"', line))
    assert named - _OF_THEIR_TYPE <= set(_BY_DETECTOR)
    assert set(_BY_DETECTOR) - {"slow_shift"} <= named


def test_no_detector_has_the_name_of_a_rule() -> None:
    assert not set(_BY_DETECTOR) & {rule.rule_id for rule in WORDING_RULES}
