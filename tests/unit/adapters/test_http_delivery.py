import asyncio
import logging
import socket
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from tests.http_recorder import HttpRecorder, Reply
from vigil.adapters.http_delivery import HttpDelivery
from vigil.errors import NotificationFailed, NotificationRejected

NOW = datetime(2026, 1, 20, 10, 30, tzinfo=UTC)
SECRET_PATH = "/services/T0/B0/xoxsecret"


def delivery(timeout_seconds: float = 5.0) -> HttpDelivery:
    return HttpDelivery(now=lambda: NOW, timeout_seconds=timeout_seconds)


def post(recorder: HttpRecorder, timeout_seconds: float = 5.0) -> None:
    delivery(timeout_seconds).post(
        recorder.address + SECRET_PATH, b'{"a": 1}', {"content-type": "application/json"}
    )


def test_the_body_and_the_headers_arrive_unchanged() -> None:
    with HttpRecorder() as recorder:
        post(recorder)
    (request,) = recorder.requests
    assert request.head.startswith(b"POST " + SECRET_PATH.encode())
    assert request.body == b'{"a": 1}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "vigil"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_b16_any_2xx_is_delivered(status: int) -> None:
    with HttpRecorder([Reply(status=status, body=b"")]) as recorder:
        post(recorder)
    assert len(recorder.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_b15_a_status_that_passes_is_a_failure_and_is_not_tried_again_here(status: int) -> None:
    with HttpRecorder([Reply(status=status)]) as recorder:
        with pytest.raises(NotificationFailed, match=str(status)):
            post(recorder)
        assert len(recorder.requests) == 1


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 410, 413, 422, 600])
def test_b16_a_status_that_stays_is_a_rejection(status: int) -> None:
    with (
        HttpRecorder([Reply(status=status, body=b"")]) as recorder,
        pytest.raises(NotificationRejected, match=str(status)),
    ):
        post(recorder)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("30", timedelta(seconds=30), id="seconds"),
        pytest.param("3600", timedelta(hours=1), id="an hour, which is for the outbox to cap"),
        pytest.param("0", timedelta(0), id="at once"),
        pytest.param("Tue, 20 Jan 2026 10:30:45 GMT", timedelta(seconds=45), id="date"),
        pytest.param("Tue, 20 Jan 2026 10:30:45", timedelta(seconds=45), id="date without zone"),
        pytest.param("Tue, 20 Jan 2026 10:00:00 GMT", timedelta(0), id="date in the past"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("9" * 30, None, id="absurd number"),
        pytest.param("Tue, 99 Jan 99999 99:99:99 GMT", None, id="absurd date"),
        pytest.param("soon", None, id="word"),
        pytest.param("", None, id="empty"),
    ],
)
def test_b15_retry_after_is_read_as_seconds_or_as_a_date(
    value: str, expected: timedelta | None
) -> None:
    with (
        HttpRecorder([Reply(status=429, headers={"Retry-After": value})]) as recorder,
        pytest.raises(NotificationFailed) as caught,
    ):
        post(recorder)
    assert caught.value.retry_after == expected


def test_b15_without_retry_after_nothing_is_asked_for() -> None:
    with HttpRecorder([Reply(status=503)]) as recorder, pytest.raises(NotificationFailed) as caught:
        post(recorder)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    "cut_after",
    [
        pytest.param(0, id="before the first byte"),
        pytest.param(12, id="in the status line"),
        pytest.param(60, id="in the body"),
    ],
)
def test_b18_a_reply_that_is_cut_is_a_failure_although_the_receiver_has_it(cut_after: int) -> None:
    with HttpRecorder([Reply(body=b"x" * 100, cut_after=cut_after)]) as recorder:
        with pytest.raises(NotificationFailed, match="no whole reply"):
            post(recorder)
        assert len(recorder.requests) == 1


def test_b18_nobody_listening_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotificationFailed, match="ConnectError"):
        delivery().post(f"http://127.0.0.1:{port}/hook", b"{}", {})


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(delay_seconds=5), id="silent"),
        pytest.param(Reply(drip_seconds=0.02, body=b"x" * 500), id="a byte now and then"),
    ],
)
def test_b19_a_slow_receiver_is_given_up_when_the_total_time_is_over(reply: Reply) -> None:
    with (
        HttpRecorder([reply]) as recorder,
        pytest.raises(NotificationFailed, match=r"within 0\.2 s"),
    ):
        post(recorder, timeout_seconds=0.2)


def test_b19_an_endless_reply_is_read_to_the_cap_and_hung_up_on() -> None:
    with HttpRecorder([Reply(body=b"x" * 65_536, endless=True)]) as recorder:
        post(recorder)
        assert recorder.hung_up.wait(5)


def test_b19_a_redirect_is_not_followed() -> None:
    with (
        HttpRecorder() as other,
        HttpRecorder([Reply(status=307, headers={"Location": other.address})]) as recorder,
    ):
        with pytest.raises(NotificationRejected, match="307"):
            post(recorder)
        assert other.requests == []


def test_d12_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpRecorder() as proxy, HttpRecorder() as recorder:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        post(recorder)
    assert (len(proxy.requests), len(recorder.requests)) == (0, 1)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hooks.example/x",
        "ftp://hooks.example/x",
        "http://",
        "http://host:99999/",
        "http://host:port/",
        "https://host/\n",
        "http://[::1",
        "http://host/\ud800",
    ],
)
def test_an_unusable_address_is_a_rejection(address: str) -> None:
    with pytest.raises(NotificationRejected, match="not a usable http or https URL"):
        delivery().post(address, b"{}", {})


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(status=404, body=b"secret-reply"), id="rejected"),
        pytest.param(Reply(status=500, body=b"secret-reply"), id="failed"),
        pytest.param(Reply(cut_after=0), id="cut"),
    ],
)
def test_d19_neither_an_error_nor_a_log_line_shows_the_address_or_a_body(
    reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with (
        HttpRecorder([reply]) as recorder,
        pytest.raises((NotificationFailed, NotificationRejected)) as caught,
    ):
        post(recorder)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert caught.value.__context__ is None
    assert "xoxsecret" not in told
    assert "secret-reply" not in told


async def _post_from_a_running_loop(recorder: HttpRecorder) -> None:
    post(recorder)


def test_it_also_works_on_a_thread_whose_event_loop_is_running() -> None:
    with HttpRecorder() as recorder:
        asyncio.run(_post_from_a_running_loop(recorder))
    assert len(recorder.requests) == 1
