"""The body of a request has a limit, and is not read beyond it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.api_installation import Installation
from vigil.workflows.api.guard import MAX_BODY_BYTES, ApiGuard


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(0, 200, id="none"),
        pytest.param(MAX_BODY_BYTES, 200, id="largest"),
        pytest.param(MAX_BODY_BYTES + 1, 413, id="too large"),
    ],
)
def test_d27_a_body_has_a_limit(here: Installation, size: int, status: int) -> None:
    answer = here.ask("POST", "/alerts/v1-acme/acknowledge", content=b"x" * size)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["code"] == "body_too_large"


@pytest.mark.parametrize("announced", ["9" * 30, "-1", "1e3", ""])
def test_d27_a_length_that_cannot_be_read_is_too_large(here: Installation, announced: str) -> None:
    headers = {"X-API-Key": here.key(), "Content-Length": announced}
    answer = here.ask("POST", "/alerts/v1-acme/acknowledge", headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("chunks", "status", "read"),
    [
        pytest.param(2, 200, 2, id="small"),
        pytest.param(1000, 413, 5, id="refused when it passes the limit"),
    ],
)
def test_d27_a_body_of_unknown_length_is_not_read_to_its_end(
    here: Installation, chunks: int, status: int, read: int
) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(chunks):
            sent += 1
            yield b"x" * (MAX_BODY_BYTES // 4)

    answer = here.ask("POST", "/alerts/v1-acme/acknowledge", content=body())
    assert answer.status_code == status
    assert sent == read


def test_an_answer_that_has_begun_is_broken_off_rather_than_mended() -> None:
    async def breaks(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half way")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope: Scope = {"type": "http", "method": "GET", "headers": []}
    with pytest.raises(RuntimeError, match="half way"):
        asyncio.run(ApiGuard(breaks)(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start"]
