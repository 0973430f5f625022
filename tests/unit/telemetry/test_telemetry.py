"""What our own logs look like, and what can never be read in them."""

import io
import json
import logging
from collections.abc import Callable, Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil import telemetry
from vigil.model.identity import checked_id

PLANTED = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "hunter2-Tr0ub4dor"
MAIL = "jane.doe@customer.example"


@pytest.fixture(autouse=True)
def restored_root() -> Generator[None, None, None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    return _configured()


def _configured() -> io.StringIO:
    stream = io.StringIO()
    telemetry.configure("detect_anomalies", stream=stream, level="DEBUG")
    return stream


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    assert stream.getvalue().endswith("\n")
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line_in_the_field_names_of_cloud_logging(stream: io.StringIO) -> None:
    log = telemetry.logger("vigil.example").bind(tenant_id="acme")

    log.info("batch processed", entries=12, trace="projects/p/traces/" + "a" * 32, span_id="b" * 16)

    (line,) = _lines(stream)
    assert str(line.pop("time")).endswith("+00:00")
    assert line == {
        "severity": "INFO",
        "message": "batch processed",
        "entries": 12,
        "logging.googleapis.com/trace": "projects/p/traces/" + "a" * 32,
        "logging.googleapis.com/spanId": "b" * 16,
        "logging.googleapis.com/labels": {
            "component": "detect_anomalies",
            "logger": "vigil.example",
            "tenant_id": "acme",
        },
    }


@pytest.mark.parametrize(
    ("write", "severity"),
    [
        pytest.param(lambda log: log.debug("x"), "DEBUG", id="debug"),
        pytest.param(lambda log: log.info("x"), "INFO", id="info"),
        pytest.param(lambda log: log.warning("x"), "WARNING", id="warning"),
        pytest.param(lambda log: log.error("x"), "ERROR", id="error"),
    ],
)
def test_a_level_becomes_a_severity(
    stream: io.StringIO, write: Callable[[telemetry.Logger], None], severity: str
) -> None:
    write(telemetry.logger("vigil.example"))

    assert _lines(stream)[0]["severity"] == severity


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        pytest.param(logging.CRITICAL + 5, "CRITICAL", id="above all"),
        pytest.param(logging.INFO + 5, "INFO", id="between two"),
        pytest.param(logging.DEBUG - 5, "DEFAULT", id="below all"),
    ],
)
def test_a_librarys_own_level_falls_to_the_severity_it_reaches(level: int, severity: str) -> None:
    stream = io.StringIO()
    telemetry.configure("local", stream=stream)
    logging.getLogger().setLevel(1)

    logging.getLogger("library").log(level, "said %s", "something")

    (line,) = _lines(stream)
    assert (line["severity"], line["message"]) == (severity, "said something")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('first\r\n{"severity":"INFO","message":"forged"}', id="a forged line"),
        pytest.param("\x1b[31mred\x1b[0m \x9b2J", id="terminal colours"),
        pytest.param("a\u2028b\u2029c\x85d\x0be\x0cf", id="every other line break"),
        pytest.param("100% of %s %(name)s", id="percent signs"),
        pytest.param('quote " backslash \\ nul \x00', id="what JSON escapes"),
        pytest.param("\u202eright to left", id="direction marks"),
    ],
)
def test_d19_whatever_the_text_it_is_one_line_and_reads_back_equal(
    stream: io.StringIO, text: str
) -> None:
    telemetry.logger("vigil.example").info(text, note=text)

    assert stream.getvalue().isascii()
    assert stream.getvalue().isprintable() is False, "only because of its line break"
    assert stream.getvalue()[:-1].isprintable()
    (line,) = _lines(stream)
    assert line["message"] == text
    assert line["note"] == text


@given(st.text(), st.dictionaries(st.text(), st.floats() | st.binary() | st.none() | st.text()))
def test_d19_no_text_and_no_field_makes_a_second_line(text: str, fields: dict[str, object]) -> None:
    stream = _configured()

    telemetry.logger("vigil.example").bind(nested=fields).error(text)

    assert len(_lines(stream)) == 1


def test_a08_a_lone_surrogate_becomes_the_replacement_character() -> None:
    # Configured here, after pytest's own handlers: pytest-xdist cannot send what they would keep.
    stream = _configured()

    telemetry.logger("vigil.example").info("half \ud800 pair")

    assert _lines(stream)[0]["message"] == "half \ufffd pair"


def test_a_field_cannot_take_the_place_of_one_of_ours(stream: io.StringIO) -> None:
    forged: dict[str, object] = {
        "severity": "DEBUG",
        "message": "forged",
        "time": "1999",
        "logging.googleapis.com/labels": {"component": "forged"},
    }

    telemetry.logger("vigil.example").error("real", **forged)

    (line,) = _lines(stream)
    assert (line["severity"], line["message"]) == ("ERROR", "real")
    assert "forged" not in stream.getvalue()
    assert line["time"] != "1999"


def test_a_trace_that_is_none_is_left_out(stream: io.StringIO) -> None:
    telemetry.logger("vigil.example").info("x", trace=f"password={PASSWORD}")

    assert "logging.googleapis.com/trace" not in _lines(stream)[0]
    assert PASSWORD not in stream.getvalue()


def test_what_refers_to_itself_comes_to_an_end(stream: io.StringIO) -> None:
    loop: dict[str, object] = {"value": float("nan")}
    loop["again"] = loop

    telemetry.logger("vigil.example").info("x", loop=loop)

    assert len(_lines(stream)) == 1


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda log: log.info(f"key {PLANTED} of {MAIL}"), id="message"),
        pytest.param(lambda log: log.info("x", note=f"{PLANTED} {MAIL}"), id="field"),
        pytest.param(lambda log: log.info("x", password=PASSWORD), id="field named for a secret"),
        pytest.param(lambda log: log.info("x", **{PLANTED: 1, MAIL: 2}), id="name of a field"),
        pytest.param(lambda log: log.info("x", deep=[{"a": (PLANTED, MAIL)}]), id="nested"),
        pytest.param(lambda log: log.info("x", deep={"password": PASSWORD}), id="nested name"),
        pytest.param(lambda log: log.info("x", raw=PLANTED.encode()), id="bytes"),
        pytest.param(lambda log: log.info("x", error=ValueError(MAIL)), id="an object"),
        pytest.param(lambda log: log.info("x", tenant_id=MAIL, service=PLANTED), id="labels"),
        pytest.param(lambda log: log.bind(who=MAIL).warning("x"), id="bound"),
        pytest.param(
            lambda log: logging.getLogger("library").warning("call %s as %s", PLANTED, MAIL),
            id="a library",
        ),
    ],
)
def test_g4_d25_a_planted_secret_is_never_in_the_output(
    stream: io.StringIO, write: Callable[[telemetry.Logger], None]
) -> None:
    write(telemetry.logger("vigil.example"))

    assert len(_lines(stream)) == 1
    for planted in (PLANTED, PASSWORD, MAIL):
        assert planted not in stream.getvalue()


def test_g4_d25_an_exception_is_named_with_our_frames_and_without_what_it_quotes(
    stream: io.StringIO,
) -> None:
    try:
        try:
            raise KeyError(PLANTED)
        except KeyError as cause:
            raise ValueError(f"no mail to {MAIL}") from cause
    except ValueError:
        telemetry.logger("vigil.example").exception("could not send")
    try:
        checked_id("a/b")
    except Exception:
        telemetry.logger("vigil.example").exception("refused")

    chained, refused = (str(line["exception"]) for line in _lines(stream))
    assert PLANTED not in chained
    assert MAIL not in chained
    assert chained.index("KeyError: ") < chained.index("ValueError: no mail to ")
    assert refused.startswith("Traceback (most recent call last):\n")
    assert 'File "vigil/model/identity.py"' in refused
    assert ", in checked_id" in refused
    assert "test_telemetry" not in refused, "frames that are not ours say nothing"


def test_a_record_that_cannot_be_written_is_reported_without_its_content(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = _configured()

    logging.getLogger("library").warning("%d things", PLANTED)

    assert stream.getvalue() == ""
    complaint = capsys.readouterr().err
    assert complaint == "vigil: a log record of library was lost: TypeError\n"


def test_d33_the_addresses_that_the_http_client_calls_are_not_logged(stream: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://hooks.example/T0/B0/planted")

    assert stream.getvalue() == ""


def test_our_own_ids_stay_readable(stream: io.StringIO) -> None:
    alert_id = "v1-" + "0123456789abcdef" * 2

    telemetry.logger("vigil.example").info("opened", alert_id=alert_id)

    labels = _lines(stream)[0]["logging.googleapis.com/labels"]
    assert isinstance(labels, dict)
    assert labels["alert_id"] == alert_id
