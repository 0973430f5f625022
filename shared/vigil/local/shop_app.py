"""The sample shop's HTTP side: what it sells, and the controls that break it."""

import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vigil.errors import InvalidRequest
from vigil.local.shop_faults import ENDPOINTS, ShopFaults, break_something
from vigil.local.shop_log import ServedRequest, ShopLog
from vigil.local.shop_services import SERVICES, Service, ShopServices, Visit
from vigil.local.shop_trace import Span, begin_span
from vigil.ports import Clock

_FIRST_ORDER = 1001
_ORDER_DIGITS = 12
_Endpoint = Callable[[Request], Awaitable[Response]]


class ShopDoors:
    """Serves the shop's requests and logs each when it is answered."""

    def __init__(self, services: ShopServices, log: ShopLog, *, now: Clock) -> None:
        """Take the parts; `now` dates the requests."""
        self._services = services
        self._log = log
        self._now = now
        self._requests = itertools.count(1)
        self._orders = itertools.count(_FIRST_ORDER)

    def door(self, service: Service) -> _Endpoint:
        """Return the endpoint of `service`."""

        async def endpoint(request: Request) -> Response:
            return await self._serve(service, request)

        return endpoint

    async def _serve(self, service: Service, request: Request) -> Response:
        started_at, started = self._now(), time.perf_counter()
        span = self._span(request, service)
        response = await self._response(service, request, span)
        self._log.request(
            ServedRequest(
                service=service.log_name,
                method=request.method,
                url=str(request.url),
                status=response.status_code,
                started_at=started_at,
                latency=timedelta(seconds=time.perf_counter() - started),
                span=span,
            )
        )
        return response

    def _span(self, request: Request, service: Service) -> Span:
        request_id = f"{service.name} {next(self._requests)} {self._now().isoformat()}"
        return begin_span(request.headers.get("traceparent"), request_id)

    async def _response(self, service: Service, request: Request, span: Span) -> Response:
        try:
            order = self._order(request)
        except InvalidRequest as error:
            return _refusal(error)
        status = await self._services.serve(Visit(service, order, span))
        return JSONResponse(
            {"service": service.name, "order": order, "trace_id": span.trace_id},
            status_code=status,
        )

    def _order(self, request: Request) -> int:
        text = request.query_params.get("order")
        if text is None:
            return next(self._orders)
        if not (text.isascii() and text.isdigit() and len(text) <= _ORDER_DIGITS):
            raise InvalidRequest("order is a number of at most 12 digits, for example order=4711")
        return int(text)


def build_app(doors: ShopDoors, faults: ShopFaults) -> Starlette:
    """Return the shop as an ASGI application: its services, and its controls below /simulate.

    What the controls are asked is not logged: it is not part of what the shop does.
    """
    services = [
        Route(f"/{name}", doors.door(SERVICES[name]), methods=[SERVICES[name].method])
        for name in ENDPOINTS
    ]
    return Starlette(routes=[*services, *_controls(faults)])


def _controls(faults: ShopFaults) -> list[Route]:
    def delay(request: Request) -> None:
        duration = timedelta(milliseconds=_number(request, "duration", most=60_000))
        faults.delay(_parameter(request, "endpoint"), duration)

    def error(request: Request) -> None:
        faults.fail(_parameter(request, "endpoint"), _number(request, "rate", most=1))

    def scenario(request: Request) -> None:
        break_something(faults, _parameter(request, "name"))

    def clear(request: Request) -> None:
        faults.clear()

    def status(request: Request) -> None:
        """Change nothing: every control answers with what is broken."""

    changes = (delay, error, scenario, clear)
    return [
        Route("/simulate/status", _control(status, faults), methods=["GET"]),
        *(
            Route(f"/simulate/{change.__name__}", _control(change, faults), methods=["POST"])
            for change in changes
        ),
    ]


def _control(change: Callable[[Request], None], faults: ShopFaults) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            change(request)
        except InvalidRequest as error:
            return _refusal(error)
        return JSONResponse({"simulations": faults.status()})

    return endpoint


def _parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name)
    if not value:
        raise InvalidRequest(f"{name} is missing: give it in the query, as in ?{name}=...")
    return value


def _number(request: Request, name: str, *, most: float) -> float:
    wrong = InvalidRequest(f"{name} is a number from 0 to {most}")
    try:
        value = float(_parameter(request, name))
    except ValueError as error:
        raise wrong from error
    # Also refuses nan, which is neither more nor less than anything.
    if not 0 <= value <= most:
        raise wrong
    return value


def _refusal(error: InvalidRequest) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)
