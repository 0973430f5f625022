"""Whether there is enough evidence to name a cause, and how that is said."""

from dataclasses import replace

import pytest

from tests.builders import incident
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import Incident
from vigil.model.received_alert import AlertSource
from vigil.model.suspect import Suspect
from vigil.model.verdict import (
    SURE_ENOUGH,
    Verdict,
    cause_caution,
    cause_confidence,
    cause_in_words,
    verdict_on,
)

# The incident blames POST /payment of shop, which alone is affected.
SHOP, BANK = Suspect("shop", "POST /payment", 0.87), Suspect("bank", "POST /charge", 0.92)
UNSURE = replace(SHOP, confidence=SURE_ENOUGH - 0.01)


def suspected(*suspects: Suspect, **changes: object) -> Incident:
    return incident(suspects=suspects, **changes)


@pytest.mark.parametrize(
    ("told", "verdict", "confidence"),
    [
        pytest.param(suspected(SHOP), Verdict.LIKELY, 0.87, id="much speaks for it"),
        pytest.param(
            suspected(replace(SHOP, endpoint="")), Verdict.LIKELY, 0.87, id="its service as a whole"
        ),
        pytest.param(
            suspected(replace(SHOP, confidence=SURE_ENOUGH)), Verdict.LIKELY, 0.5, id="just enough"
        ),
        pytest.param(suspected(UNSURE), Verdict.NOT_ENOUGH_EVIDENCE, 0.49, id="a little too weak"),
        pytest.param(
            suspected(replace(BANK, confidence=0.4), replace(SHOP, confidence=0.3)),
            Verdict.NOT_ENOUGH_EVIDENCE,
            0.3,
            id="two that are as likely",
        ),
        pytest.param(suspected(), Verdict.NOT_ENOUGH_EVIDENCE, 0.0, id="nobody is suspected"),
        pytest.param(
            suspected(BANK, replace(SHOP, confidence=0.05)),
            Verdict.ANOTHER_LIKELIER,
            0.05,
            id="more speaks for another",
        ),
        pytest.param(suspected(BANK), Verdict.ANOTHER_LIKELIER, 0.0, id="for another alone"),
        pytest.param(
            suspected(source=AlertSource.ALERTMANAGER), Verdict.REPORTED, 1.0, id="others said so"
        ),
    ],
)
def test_what_is_to_be_made_of_the_root_cause(
    told: Incident, verdict: Verdict, confidence: float
) -> None:
    assert (verdict_on(told), cause_confidence(told)) == (verdict, confidence)
    cause = incident_as_json(told)["root_cause"]
    assert isinstance(cause, dict)
    assert (cause["verdict"], cause["confidence"]) == (verdict.value, confidence)


def test_who_is_named_and_relied_on_is_named_without_a_caution() -> None:
    assert cause_caution(suspected(SHOP)) == ""
    assert cause_in_words(suspected(SHOP)) == "POST /payment alone is affected"


@pytest.mark.parametrize(
    ("told", "caution"),
    [
        pytest.param(suspected(UNSURE), "Not enough evidence to name one", id="nobody is sure"),
        pytest.param(suspected(BANK), "POST /charge of bank is likelier (92%)", id="another"),
        pytest.param(
            suspected(replace(BANK, endpoint="", confidence=0.999)),
            "bank is likelier (over 99%)",
            id="another service",
        ),
    ],
)
def test_that_a_root_cause_is_not_to_be_relied_on_is_said_first(
    told: Incident, caution: str
) -> None:
    assert cause_caution(told) == caution
    assert cause_in_words(told) == f"{caution}; POST /payment alone is affected"
