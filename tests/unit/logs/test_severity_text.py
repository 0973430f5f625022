"""A severity is understood however it is written."""

import pytest

from vigil.logs.severity_text import severity_of
from vigil.model.log_severity import LogSeverity


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(pytest.param(s.name, s, id=s.name) for s in LogSeverity if s),
        *(pytest.param(int(s), s, id=str(int(s))) for s in LogSeverity if s),
        pytest.param("Warning", LogSeverity.WARNING, id="capitalised"),
        pytest.param(" eRRor ", LogSeverity.ERROR, id="any case and spaces"),
        pytest.param("fatal", LogSeverity.CRITICAL, id="fatal"),
        pytest.param("500", LogSeverity.ERROR, id="number as text"),
        pytest.param(550, LogSeverity.ERROR, id="between two"),
        pytest.param(10**30, LogSeverity.EMERGENCY, id="beyond the last"),
    ],
)
def test_a13_what_an_entry_claims_is_not_inferred(value: object, expected: LogSeverity) -> None:
    assert severity_of({"severity": value}, {"level": "debug"}, "DEBUG") == (expected, False)


@pytest.mark.parametrize(
    "value", [None, "DEFAULT", "", "loud", -1, 0, 50, 1.5, True, [], {}, float("nan")], ids=repr
)
def test_a13_what_claims_nothing_is_default_and_not_inferred(value: object) -> None:
    assert severity_of({"severity": value}, {}, "all is well") == (LogSeverity.DEFAULT, False)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"level": "error"}, LogSeverity.ERROR, id="level"),
        pytest.param({"levelname": "WARNING"}, LogSeverity.WARNING, id="levelname"),
        pytest.param({"severity_text": "Info"}, LogSeverity.INFO, id="severity_text"),
        pytest.param({"SeverityText": "FATAL"}, LogSeverity.CRITICAL, id="OpenTelemetry's text"),
        pytest.param({"SeverityNumber": 13}, LogSeverity.WARNING, id="OpenTelemetry's number"),
        pytest.param({"SeverityNumber": 25}, LogSeverity.DEFAULT, id="no such number"),
        pytest.param({"level": 50}, LogSeverity.ERROR, id="pino's number"),
        pytest.param({"level": 55}, LogSeverity.DEFAULT, id="no number of pino's"),
        pytest.param({"level": "odd", "levelname": "ERROR"}, LogSeverity.ERROR, id="the next one"),
        pytest.param({"level": ["error"]}, LogSeverity.DEFAULT, id="not text"),
    ],
)
def test_a13_a_level_in_the_payload_is_inferred(
    payload: dict[str, object], expected: LogSeverity
) -> None:
    assert severity_of({}, payload, "") == (expected, bool(expected))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param("12:00 ERROR refused", LogSeverity.ERROR, id="capitals"),
        pytest.param("[error] refused", LogSeverity.ERROR, id="brackets"),
        pytest.param("error: refused", LogSeverity.ERROR, id="first word"),
        pytest.param("ts=1 level=warn msg=x", LogSeverity.WARNING, id="key and value"),
        pytest.param("E0520 12:00:00 1 x.go:1] refused", LogSeverity.ERROR, id="klog"),
        pytest.param("Traceback (most recent call last):\n", LogSeverity.ERROR, id="traceback"),
        pytest.param("java.io.IOException: refused", LogSeverity.ERROR, id="exception"),
        pytest.param("panic: nil map", LogSeverity.EMERGENCY, id="panic"),
        pytest.param("INFO: 0 ERROR lines", LogSeverity.INFO, id="the first level counts"),
        pytest.param("no error was found", LogSeverity.DEFAULT, id="small letters in prose"),
        pytest.param("Starting: cart", LogSeverity.DEFAULT, id="another first word"),
        pytest.param("TERROR", LogSeverity.DEFAULT, id="part of a word"),
        pytest.param("x" * 200 + " ERROR", LogSeverity.DEFAULT, id="too far back"),
    ],
)
def test_a13_a_level_in_the_wording_is_inferred(message: str, expected: LogSeverity) -> None:
    assert severity_of({"severity": "DEFAULT"}, {}, message) == (expected, bool(expected))
