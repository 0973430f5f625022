"""What an entry says of where it ran and who used it."""

import pytest

from tests.builders import NOON, raw_entry
from vigil.logs.log_batch import LogBatch
from vigil.logs.log_entry import LogEntry
from vigil.model.outcome import Outcomes

CLOUD_RUN = {
    "type": "cloud_run_revision",
    "labels": {"service_name": "cart", "revision_name": "cart-00042", "location": "europe-west1"},
}
FUNCTION = {
    "type": "cloud_function",
    "labels": {"function_name": "mail", "region": "europe-west4"},
}
APP_ENGINE = {"type": "gae_app", "labels": {"module_id": "web", "version_id": "7", "zone": "us1"}}
POD = {"k8s-pod/pod-template-hash": "6d4f", "k8s-pod/app_kubernetes_io/version": "2.1"}


def parsed(**fields: object) -> LogEntry:
    return LogEntry.parse(raw_entry(**fields), received_at=NOON)


@pytest.mark.parametrize(
    ("fields", "traits"),
    [
        pytest.param({}, {}, id="nothing is said"),
        pytest.param(
            {"resource": CLOUD_RUN},
            {"revision": "cart-00042", "zone": "europe-west1"},
            id="Cloud Run",
        ),
        pytest.param({"resource": APP_ENGINE}, {"revision": "7", "zone": "us1"}, id="App Engine"),
        pytest.param({"resource": FUNCTION}, {"zone": "europe-west4"}, id="a function"),
        pytest.param(
            {"resource": APP_ENGINE, "protoPayload": {"@type": "RequestLog"}},
            {"revision": "7", "zone": "us1"},
            id="a request to App Engine",
        ),
        pytest.param({"labels": POD}, {"revision": "6d4f", "version": "2.1"}, id="Kubernetes"),
        pytest.param(
            {"jsonPayload": {"serviceContext": {"service": "a", "version": "1.4"}}},
            {"version": "1.4"},
            id="a service's own word",
        ),
        pytest.param({"jsonPayload": {"version": "1.5"}}, {"version": "1.5"}, id="its payload"),
        pytest.param(
            {"serviceContext": {"version": "1.6"}, "jsonPayload": {"message": "x"}},
            {"version": "1.6"},
            id="its service's, outside of the payload",
        ),
        pytest.param(
            {"jsonPayload": {"version": "v" * 300}}, {"version": "v" * 80}, id="cut to 80"
        ),
        pytest.param({"jsonPayload": {"version": 3}}, {}, id="a version that is no text"),
        pytest.param(
            {"jsonPayload": {"version": "jo@example.com"}}, {"version": "[EMAIL]"}, id="redacted"
        ),
        pytest.param(
            {"protoPayload": {"methodName": "UpdateService", "resourceName": "services/cart"}},
            {"audit_method": "UpdateService", "audit_target": "services/cart"},
            id="an administrator's call",
        ),
        pytest.param(
            {"protoPayload": {"methodName": "UpdateService"}, "operation": {"last": True}},
            {},
            id="the end of a long call",
        ),
    ],
)
def test_an_entry_says_where_it_ran(fields: dict[str, object], traits: dict[str, str]) -> None:
    assert dict(parsed(**fields).traits) == traits


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"jsonPayload": {"user_id": "kim"}}, id="payload"),
        pytest.param({"jsonPayload": {"message": "x", "enduser.id": "kim"}}, id="OpenTelemetry"),
        pytest.param({"labels": {"customer_id": "kim"}}, id="label"),
    ],
)
def test_a_user_is_a_pseudonym(fields: dict[str, object]) -> None:
    user = parsed(**fields).user

    assert user == parsed(jsonPayload={"userId": "kim"}).user
    assert user is not None
    assert len(user) == len("3fa9c1")
    assert user != parsed(jsonPayload={"userId": "jo"}).user


@pytest.mark.parametrize(
    "name", ["customer_id", "tenantId", "organization_id", "orgId", "account_id"]
)
def test_a_customer_is_a_pseudonym_beside_the_user(name: str) -> None:
    entry = parsed(jsonPayload={"user_id": "kim", name: "acme"})
    assert entry.customer == parsed(labels={name: "acme"}).customer
    assert entry.customer is not None
    assert len(entry.customer) == len("3fa9c1")
    assert entry.user == parsed(jsonPayload={"user_id": "kim"}).user != entry.customer


def test_an_entry_that_names_nobody_has_no_user() -> None:
    assert (parsed().user, parsed().customer) == (None, None)


def test_traits_and_users_travel_with_a_batch() -> None:
    entry = parsed(resource=CLOUD_RUN, jsonPayload={"user_id": "kim", "org_id": "acme"})
    batch = LogBatch("v1-b", "acme", NOON, (entry,), Outcomes(received=1))

    assert entry.traits
    assert LogBatch.parse(batch.to_bytes()).entries == (entry,)
