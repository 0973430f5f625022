"""Delivery of one notification over HTTP: one attempt, bounded in time and in size."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from vigil.errors import CredentialRefused, NotificationFailed, NotificationRejected
from vigil.ports import Clock

REPLY_LIMIT_BYTES = 64 * 1024
_PORT_LIMIT = 65535
_PASSING_STATUSES = frozenset({408, 425, 429})
# Both the address and the key are secrets that change: a receiver that has changed them says that
# we are nobody (401, 403), or that there is nothing (404, 410), as Slack does of a revoked webhook.
_REFUSING_STATUSES = frozenset({401, 403, 404, 410})
# Nine digits are 31 years; a longer number is noise, and could overflow a timedelta.
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class _Reply:
    """What is kept of a reply: never its body."""

    status: int
    retry_after: str | None


class HttpDelivery:
    """Posts a body to an address, once.

    The whole attempt, from connecting to the last byte of the reply, ends within `timeout_seconds`
    (resolving the name excepted: the operating system bounds that). Redirects are not followed,
    proxies and other settings of the environment are not used. Retrying is for the outbox. Any http
    or https address is taken, also a private one: where tenants choose the address, an SSRF gate
    has to stand before this (FAULTS D12, D13).
    """

    def __init__(self, *, now: Clock, timeout_seconds: float = 10.0) -> None:
        """Take the clock by which a Retry-After date is read, and load the certificates once."""
        self._now = now
        self._timeout_seconds = timeout_seconds
        self._tls = httpx.create_ssl_context(trust_env=False)

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Return when the receiver has answered 2xx.

        Raises NotificationFailed where trying again may help (408, 425, 429, 5xx, no connection, no
        whole reply in time) and NotificationRejected where it cannot (any other status, an unusable
        address), CredentialRefused if that may be because the address or the key has changed. What
        is raised never quotes the address or a body: both hold secrets.
        """
        request = _request(address, body, headers)
        # asyncio.run refuses a thread whose event loop is running, and a door may be one.
        with ThreadPoolExecutor(max_workers=1) as own_thread:
            outcome = own_thread.submit(asyncio.run, self._attempt(request)).result()
        if isinstance(outcome, _Reply):
            self._judge(outcome)
        else:
            # Raised here and not where it was caught, so that no chained error carries the address
            # into a log.
            raise NotificationFailed(outcome)

    async def _attempt(self, request: httpx.Request) -> _Reply | str:
        """Return the reply, or in words why there is none."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(request)
        except TimeoutError:
            return f"no whole reply within {self._timeout_seconds:g} s"
        except httpx.TransportError as error:
            return f"no whole reply: {type(error).__name__}"

    async def _exchange(self, request: httpx.Request) -> _Reply:
        # The transport and not a client: a client logs every address, follows cookies and reads the
        # environment.
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                await _read_bounded(response)
            finally:
                await response.aclose()
            return _Reply(response.status_code, response.headers.get("retry-after"))

    def _judge(self, reply: _Reply) -> None:
        if httpx.codes.is_success(reply.status):
            return
        reason = f"the receiver answered {reply.status}"
        if reply.status in _PASSING_STATUSES or httpx.codes.is_server_error(reply.status):
            raise NotificationFailed(reason, _retry_after(reply.retry_after, self._now()))
        if reply.status in _REFUSING_STATUSES:
            raise CredentialRefused(reason)
        raise NotificationRejected(reason)


def _request(address: str, body: bytes, headers: Mapping[str, str]) -> httpx.Request:
    url = _parsed(address)
    if url is None:
        raise NotificationRejected("the address is not a usable http or https URL")
    return httpx.Request("POST", url, content=body, headers={"user-agent": "vigil", **headers})


def _parsed(address: str) -> httpx.URL | None:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        return None
    port_usable = url.port is None or 0 < url.port <= _PORT_LIMIT
    return url if url.scheme in ("http", "https") and url.host and port_usable else None


async def _read_bounded(response: httpx.Response) -> None:
    # Raw, because what a receiver compressed may be a bomb; and no more than the cap, however much
    # it sends.
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size >= REPLY_LIMIT_BYTES:
            return


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for (RFC 9110, 10.2.3), None if none."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(aware - now, timedelta(0))
