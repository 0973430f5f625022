"""The least that a post takes, for many of them at a time to servers of this machine.

A client library costs several milliseconds a request when a hundred are under way.
"""

import asyncio
from urllib.parse import urlsplit

_SECONDS = 60.0


async def post_json(address: str, body: bytes) -> int | None:
    """Return the status of the answer, None if nobody listens or no answer comes."""
    where = urlsplit(address)
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            try:
                writer.write(_request(where.netloc, where.path or "/", body))
                answer = await reader.readline()
            finally:
                writer.close()
    except OSError:
        # It is not there, was ended meanwhile, or takes too long.
        return None
    return _status(answer)


def _request(host: str, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _status(answer: bytes) -> int | None:
    """Return the status in an answer's first line.

    >>> _status(b"HTTP/1.1 204 No Content"), _status(b"")
    (204, None)
    """
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None
