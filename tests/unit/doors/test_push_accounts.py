"""Who may push to a function, and what is said of settings that leave it open."""

import pytest

from tests.tokens import ACCOUNT, AUDIENCE, claims, part
from vigil.adapters.push_identity import Anybody, PushRefused, TokenIdentity
from vigil.doors import receive_alerts
from vigil.doors.clock import utc_now
from vigil.doors.push_accounts import push_identity
from vigil.errors import InvalidSettings
from vigil.settings import Settings

WHOLE = {"project": "shop-project", "push_audience": AUDIENCE, "push_accounts": (ACCOUNT,)}
STORE = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"}
TOPICS = {"PUBSUB_EMULATOR_HOST": "127.0.0.1:8085"}
EMULATED = STORE | TOPICS


def settings(**changes: object) -> Settings:
    return Settings.model_validate({k: v for k, v in (WHOLE | changes).items() if v is not None})


def test_a_function_behind_iam_knows_its_callers_by_default() -> None:
    identity = push_identity(settings(), {})

    assert isinstance(identity, TokenIdentity)
    with pytest.raises(PushRefused):
        identity.check({})


def test_d05_an_open_function_takes_only_what_google_has_signed() -> None:
    identity = push_identity(settings(push_identity="verified"), {})

    unsealed = f"{part({'alg': 'none'})}.{part(claims(utc_now()))}.AAAA"
    with pytest.raises(PushRefused, match="algorithm or key"):
        identity.check({"authorization": f"Bearer {unsealed}"})


def test_d06_everybody_is_let_in_only_where_nothing_behind_the_door_is_real() -> None:
    open_to_all = Settings.model_validate({"project": "shop-project", "push_identity": "none"})

    assert isinstance(push_identity(open_to_all, EMULATED), Anybody)
    for environ in ({}, STORE, TOPICS, {**TOPICS, "FIRESTORE_EMULATOR_HOST": ""}):
        with pytest.raises(InvalidSettings, match="VIGIL_PUSH_IDENTITY=none"):
            push_identity(open_to_all, environ)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as complaint:
        push_identity(Settings(), {}, needs=("public_url",))

    named = [line.strip() for line in str(complaint.value).splitlines() if "VIGIL_" in line]
    assert named == [
        "VIGIL_PROJECT",
        "VIGIL_PUBLIC_URL",
        "VIGIL_PUSH_AUDIENCE",
        "VIGIL_PUSH_ACCOUNTS",
    ]
    assert "README.md" in str(complaint.value)


def test_d05_a_function_that_is_open_to_everybody_never_believes_what_iam_would_have_checked() -> (
    None
):
    with pytest.raises(InvalidSettings, match="verified"):
        receive_alerts.make_door(settings(), {})
    receive_alerts.make_door(settings(push_identity="verified"), {})
    receive_alerts.make_door(settings(push_accounts=None), {})
