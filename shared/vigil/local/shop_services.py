"""What the services of the sample shop do: search, sell, take a payment, look at the stock."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType

import httpx

from vigil.local.shop_faults import ShopFaults
from vigil.local.shop_log import ShopLog
from vigil.local.shop_trace import Span
from vigil.model.log_severity import LogSeverity

CALL_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Service:
    """One endpoint, which is a service of its own; `milliseconds` is the median of its own work.

    `done`, `broken` and `let_down` are what it logs of a request; no `done`, no line. It makes its
    `calls` one after the other, and is let down by the first that fails.
    """

    name: str
    method: str
    milliseconds: float
    done: str
    broken: str
    calls: tuple[str, ...] = ()
    let_down: str = ""

    @property
    def log_name(self) -> str:
        """The name under which its entries stand."""
        return f"shop-{self.name}"


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service.name: service
        for service in (
            Service(
                "checkout",
                "POST",
                5,
                "order {} placed",
                "checkout of order {} crashed",
                # The stock first: nobody is charged for what cannot be sent.
                calls=("inventory", "payment"),
                let_down="order {} failed",
            ),
            Service(
                "payment",
                "POST",
                40,
                "payment for order {} accepted",
                "payment gateway timeout for order {}",
            ),
            Service(
                "inventory",
                "GET",
                25,
                "stock checked for order {}",
                "inventory database unavailable for order {}",
            ),
            Service(
                "search",
                "GET",
                8,
                "search {} answered",
                "search {} crashed",
                calls=("catalog",),
                let_down="search {} failed",
            ),
            Service(
                "catalog",
                "GET",
                15,
                "catalog read for search {}",
                "catalog index unavailable for search {}",
            ),
            Service("health", "GET", 1, "", "health check failed"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as a service sees it."""

    service: Service
    order: int
    span: Span


class ShopServices:
    """Does each service's work, as long as it takes and as well as its faults let it."""

    def __init__(
        self,
        faults: ShopFaults,
        log: ShopLog,
        *,
        client: httpx.AsyncClient,
        pause: Callable[[timedelta], Awaitable[None]],
        seed: int,
    ) -> None:
        """Take the parts; `client` reaches the shop itself, `pause` spends time."""
        self._faults = faults
        self._log = log
        self._client = client
        self._pause = pause
        self._random = random.Random(seed)

    async def serve(self, visit: Visit) -> HTTPStatus:
        """Do the work of one request and return its status: 200, 500 if broken, 502 if let down."""
        service = visit.service
        await self._pause(self._work_time(service) + self._faults.delay_of(service.name))
        if self._faults.strikes(service.name):
            return self._fail(visit, HTTPStatus.INTERNAL_SERVER_ERROR, service.broken)
        if trouble := await self._trouble_of_calls(visit):
            return self._fail(visit, HTTPStatus.BAD_GATEWAY, f"{service.let_down}: {trouble}")
        if service.done:
            self._say(visit, LogSeverity.INFO, service.done)
        return HTTPStatus.OK

    def _work_time(self, service: Service) -> timedelta:
        # Latencies have a tail to the right; a sixth of spread keeps it short.
        return timedelta(milliseconds=service.milliseconds * self._random.lognormvariate(0, 1 / 6))

    async def _trouble_of_calls(self, visit: Visit) -> str | None:
        for name in visit.service.calls:
            if trouble := await self._trouble_of_call(visit, SERVICES[name]):
                return trouble
        return None

    async def _trouble_of_call(self, visit: Visit, called: Service) -> str | None:
        """Call a service for a visit; return in words what went wrong, None if nothing."""
        try:
            reply = await self._client.request(
                called.method,
                f"/{called.name}",
                params={"order": visit.order},
                headers={"traceparent": visit.span.traceparent},
            )
        except httpx.TimeoutException:
            return f"{called.name} did not answer within {CALL_TIMEOUT_SECONDS:g} s"
        except httpx.TransportError:
            return f"{called.name} could not be reached"
        return None if reply.is_success else f"{called.name} answered {reply.status_code}"

    def _fail(self, visit: Visit, status: HTTPStatus, text: str) -> HTTPStatus:
        self._say(visit, LogSeverity.ERROR, text)
        return status

    def _say(self, visit: Visit, severity: LogSeverity, text: str) -> None:
        self._log.say(severity, text.format(visit.order), visit.service.log_name, visit.span)
