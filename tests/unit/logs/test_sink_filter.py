"""A sink takes for a service what Vigil reads as an entry of that service."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import raw_entry
from tests.logging_query import InvalidQuery, read_query
from vigil.errors import InvalidRequest
from vigil.logs.log_entry import LogEntry
from vigil.logs.resource import BY_RESOURCE_TYPE
from vigil.logs.sink_filter import FILTER_LIMIT, own_entries_filter, quoted, sink_filter
from vigil.model.log_severity import LogSeverity
from vigil.model.stream import MAX_SERVICES, LogStreamConfig, checked_services

ALL = tuple(LogSeverity)
# No two differ in case only: Cloud Logging compares without minding it.
NAMES = ("cart", "payment", "vigil-api", "vigilant", "a/b:c", "x OR y", "v1.2")
LOG_NAMES = ("projects/shop/logs/stdout", "projects/shop/logs/vigil-api", "projects/shop/logs/cart")


def of_services(*services: str) -> str:
    return sink_filter(LogStreamConfig("shop", services, ALL))


def of_severities(*severities: LogSeverity) -> str:
    return sink_filter(LogStreamConfig("shop", severity_filter=severities))


def a_name() -> st.SearchStrategy[str]:
    return st.sampled_from(NAMES)


def maybe(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Return objects in which each of `fields` may be missing."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, object]:
    """Return entries that name services in every place in which Vigil looks for them."""
    kind = draw(st.sampled_from([*BY_RESOURCE_TYPE, "gce_instance", "global"]))
    labels = {name: draw(a_name()) for name in BY_RESOURCE_TYPE.get(kind, ())}
    entry = raw_entry(
        logName=draw(st.sampled_from(LOG_NAMES)),
        resource={"type": kind, "labels": labels},
        labels=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    name: a_name()
                    for name in ("service", "k8s-pod/app", "k8s-pod/app_kubernetes_io/name")
                },
            )
        ),
        severity=draw(st.sampled_from([severity.name for severity in LogSeverity])),
    )
    payload = st.fixed_dictionaries(
        {"message": st.just("m")},
        optional={
            "service": a_name(),
            "service.name": a_name(),
            "serviceContext": maybe(service=a_name()),
        },
    )
    audit = maybe(serviceName=a_name())
    name, content = draw(
        st.one_of(
            st.tuples(st.just("jsonPayload"), payload),
            st.tuples(st.just("protoPayload"), audit),
            st.tuples(st.just("textPayload"), st.just("text")),
        )
    )
    return entry | {name: content}


def service_of(entry: Mapping[str, object]) -> str:
    return LogEntry.parse(entry).service


@given(entries(), st.sets(a_name(), min_size=1))
def test_a_sink_takes_what_is_read_as_an_entry_of_its_services(
    entry: dict[str, object], services: set[str]
) -> None:
    takes = read_query(of_services(*services))

    assert takes(entry) == (service_of(entry) in services)


@given(entries(), st.sampled_from([("vigil-",), ("vigil-", "a/b"), ("v1.", "x O"), ("cart^",)]))
def test_a16_an_exclusion_takes_what_the_code_drops_as_our_own(
    entry: dict[str, object], own: tuple[str, ...]
) -> None:
    takes = read_query(own_entries_filter(own))

    assert takes(entry) == service_of(entry).startswith(own)


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        pytest.param(
            {"type": "cloud_run_revision", "labels": {"service_name": "cart"}}, {}, id="Cloud Run"
        ),
        pytest.param({"type": "cloud_run_job", "labels": {"job_name": "cart"}}, {}, id="job"),
        pytest.param(
            {"type": "cloud_function", "labels": {"function_name": "cart"}}, {}, id="function"
        ),
        pytest.param({"type": "gae_app", "labels": {"module_id": "cart"}}, {}, id="App Engine"),
        pytest.param(
            {"type": "k8s_container", "labels": {"container_name": "cart"}}, {}, id="container"
        ),
        pytest.param(
            {"type": "k8s_container", "labels": {"container_name": "sidecar"}},
            {"labels": {"k8s-pod/app": "cart"}},
            id="a pod's label before its container",
        ),
        pytest.param({"type": "k8s_pod", "labels": {"pod_name": "cart"}}, {}, id="pod"),
        pytest.param({"type": "global"}, {"labels": {"service": "cart"}}, id="label"),
        pytest.param({"type": "global"}, {"jsonPayload": {"service": "cart"}}, id="payload"),
        pytest.param(
            {"type": "global"}, {"jsonPayload": {"service.name": "cart"}}, id="OpenTelemetry"
        ),
        pytest.param(
            {"type": "global"},
            {"jsonPayload": {"serviceContext": {"service": "cart"}, "service": "other"}},
            id="Error Reporting first",
        ),
        pytest.param(
            {"type": "audited_resource"}, {"protoPayload": {"serviceName": "cart"}}, id="audit log"
        ),
        pytest.param({"type": "global"}, {"logName": "projects/shop/logs/cart"}, id="log"),
    ],
)
def test_every_place_in_which_a_service_stands_is_looked_at(
    resource: dict[str, object], fields: dict[str, object]
) -> None:
    entry = raw_entry(resource=resource, **fields)

    assert service_of(entry) == "cart"
    assert read_query(of_services("cart"))(entry)
    assert not read_query(of_services("basket"))(entry)


def test_what_a_payload_claims_does_not_lead_an_entry_of_another_service_in() -> None:
    entry = raw_entry(jsonPayload={"service": "payment"})

    assert service_of(entry) == "cart"
    assert not read_query(of_services("payment"))(entry)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        pytest.param(["ERROR"], "ERROR CRITICAL ALERT EMERGENCY", id="error and worse"),
        pytest.param(
            ["ERROR", "WARNING", "INFO"],
            "INFO WARNING ERROR CRITICAL ALERT EMERGENCY",
            id="the default",
        ),
        pytest.param(["WARNING"], "WARNING", id="warnings only"),
        pytest.param(["CRITICAL"], "CRITICAL", id="critical only"),
        pytest.param(["CRITICAL", "DEBUG"], "DEBUG CRITICAL", id="two apart"),
        pytest.param(
            ["ERROR", "CRITICAL"], "ERROR CRITICAL ALERT EMERGENCY", id="what error includes"
        ),
        pytest.param(
            [severity.name for severity in LogSeverity],
            " ".join(severity.name for severity in LogSeverity),
            id="all",
        ),
    ],
)
def test_a_sink_takes_the_severities_that_were_asked_for(asked: list[str], taken: str) -> None:
    takes = read_query(of_severities(*(LogSeverity[name] for name in asked)))
    found = [s.name for s in LogSeverity if takes(raw_entry(severity=s.name))]

    assert found == taken.split()


def test_both_services_and_severities_decide() -> None:
    takes = read_query(sink_filter(LogStreamConfig("shop", ("cart",), (LogSeverity.WARNING,))))
    of_service = {"cart": "cart", "other": "payment"}
    found = {
        (name, severity)
        for (name, service), severity in product(of_service.items(), ("WARNING", "INFO"))
        if takes(
            raw_entry(
                severity=severity,
                resource={"type": "cloud_run_revision", "labels": {"service_name": service}},
            )
        )
    }
    assert found == {("cart", "WARNING")}


@given(st.text())
def test_whatever_is_quoted_is_one_string_that_says_the_same(text: str) -> None:
    takes = read_query(f"labels.service={quoted(text)}")

    assert takes(raw_entry(labels={"service": text}))
    assert not takes(raw_entry(labels={"service": f"{text}x"}))


HOSTILE = st.text(st.sampled_from('"\\()=>:*~ ORANDNTseverity_log.id{}\n\0\u202e')).map(
    lambda text: f'"{text}'
)


@given(st.lists(st.one_of(st.text(min_size=1), HOSTILE), min_size=1, max_size=4))
def test_no_name_of_a_service_changes_what_a_filter_asks(names: list[str]) -> None:
    """Even names that are refused before: the quoting does not rely on that."""
    takes = read_query(of_services(*names))

    strangers = {"cart", "stdout"} - {name.casefold() for name in names}
    for service in strangers:
        resource = {"type": "cloud_run_revision", "labels": {"service_name": service}}
        assert not takes(raw_entry(resource=resource, severity="EMERGENCY"))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_no_setting_of_own_services_breaks_the_exclusion(own: list[str]) -> None:
    takes = read_query(own_entries_filter(own))

    assert isinstance(takes(raw_entry()), bool)


def test_without_own_services_nothing_is_excluded() -> None:
    assert own_entries_filter(()) == ""


def test_d28_a_filter_that_cloud_logging_would_not_take_is_refused_with_a_way_out() -> None:
    names = checked_services(f"service-{number:03}-{'x' * 40}" for number in range(MAX_SERVICES))
    with pytest.raises(InvalidRequest, match=r"takes 20000; start several streams"):
        of_services(*names)

    assert 0 < len(of_services(*names[:20])) <= FILTER_LIMIT


def test_all_entries_need_no_filter() -> None:
    assert of_services() == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('labels.service="a" OR labels.b="c" AND d="e"', id="mixed without brackets"),
        pytest.param('labels.service="a', id="open string"),
        pytest.param('(labels.service="a"', id="open bracket"),
        pytest.param('labels.service="a")', id="one bracket too many"),
        pytest.param('labels.service="a" b="c"', id="two beside each other"),
        pytest.param("labels.service=", id="no value"),
        pytest.param('labels.service="a\nb"', id="line feed in a string"),
        pytest.param('labels.service="\\q"', id="unknown escape"),
        pytest.param("NOT", id="nothing denied"),
    ],
)
def test_the_reader_of_the_tests_is_strict(text: str) -> None:
    with pytest.raises(InvalidQuery):
        read_query(text)
