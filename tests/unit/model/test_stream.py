"""What a stream is known by, and what may be asked of one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.errors import InvalidRequest
from vigil.model.log_severity import LogSeverity
from vigil.model.stream import (
    MAX_SERVICES,
    LogStreamConfig,
    checked_services,
    checked_severities,
    stream_id_of,
)

CONFIG = LogStreamConfig("shop", ("cart", "payment"))


def test_the_defaults_are_those_of_the_agent() -> None:
    config = LogStreamConfig("shop")

    assert [severity.name for severity in config.severity_filter] == ["ERROR", "WARNING", "INFO"]
    assert (config.services, config.batch_size, config.batch_timeout_seconds) == ((), 100, 300)
    assert config.enable_gemini_analysis


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"services": ("payment", "cart")}, id="another order"),
        pytest.param({"services": ("cart", "payment", "cart")}, id="named twice"),
        pytest.param({"batch_size": 10, "batch_timeout_seconds": 60}, id="other figures"),
        pytest.param({"enable_gemini_analysis": False}, id="without the model"),
        pytest.param(
            {"severity_filter": (LogSeverity.INFO, LogSeverity.WARNING, LogSeverity.ERROR)},
            id="another order of severities",
        ),
    ],
)
def test_the_same_entries_are_the_same_stream(changes: dict[str, object]) -> None:
    other = replace(CONFIG, **changes)  # type: ignore[arg-type]  # each row names real fields

    assert stream_id_of("acme", other) == stream_id_of("acme", CONFIG)


@pytest.mark.parametrize(
    ("tenant_id", "config"),
    [
        pytest.param("globex", CONFIG, id="tenant"),
        pytest.param("acme", replace(CONFIG, project_id="shop-2"), id="project"),
        pytest.param("acme", replace(CONFIG, services=("cart",)), id="services"),
        pytest.param("acme", replace(CONFIG, services=()), id="all services"),
        pytest.param(
            "acme", replace(CONFIG, severity_filter=(LogSeverity.ERROR,)), id="severities"
        ),
        pytest.param(
            "acme",
            replace(CONFIG, services=("cart", "payment", "ERROR"), severity_filter=()),
            id="a service that is named like a severity",
        ),
    ],
)
def test_other_entries_are_another_stream(tenant_id: str, config: LogStreamConfig) -> None:
    assert stream_id_of(tenant_id, config) != stream_id_of("acme", CONFIG)


@given(st.lists(st.sampled_from(["a", "b", "INFO", "2"]), unique=True))
def test_a_name_cannot_move_between_services_and_severities(services: list[str]) -> None:
    named = replace(CONFIG, services=tuple(services), severity_filter=(LogSeverity.ERROR,))
    other = replace(CONFIG, services=(), severity_filter=(LogSeverity.ERROR,))

    assert (stream_id_of("acme", named) == stream_id_of("acme", other)) == (not services)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param(" cart", id="space at an end"),
        pytest.param("x" * 201, id="too long"),
        pytest.param('cart" OR severity>="DEFAULT', id="quotation mark"),
        pytest.param("cart\\", id="backslash"),
        pytest.param("cart\nNOT", id="line feed"),
        pytest.param("ca\0rt", id="zero byte"),
        pytest.param("cart\u202e", id="turned round"),
        pytest.param("cart\ud800", id="lone surrogate"),
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="services: a name has") as refused:
        checked_services(["fine", name])
    assert not name or name not in str(refused.value)


@pytest.mark.parametrize("name", ["cart", "shop/cart:v2", "Café", "a b", "run.googleapis.com"])
def test_names_of_services_are_taken_as_they_are(name: str) -> None:
    assert checked_services([name, name]) == (name,)


def test_d28_so_many_services_can_be_named_and_no_more() -> None:
    names = [f"s{number}" for number in range(MAX_SERVICES + 1)]

    assert len(checked_services(names[:-1])) == MAX_SERVICES
    with pytest.raises(InvalidRequest, match="at most 100"):
        checked_services(names)


@pytest.mark.parametrize("names", [["error", "Warning"], ["ERROR", "WARNING", "error"]])
def test_severities_are_read_in_either_case(names: list[str]) -> None:
    assert checked_severities(names) == (LogSeverity.ERROR, LogSeverity.WARNING)


@pytest.mark.parametrize("names", [[], ["FATAL"], ["ERROR", ""], ["ERROR", "500"]])
def test_what_is_no_severity_of_cloud_logging_is_refused(names: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="severity_filter: has one or more of DEFAULT"):
        checked_severities(names)
