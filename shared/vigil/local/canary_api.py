"""What the canary asks the API of a Vigil."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import httpx

from vigil.adapters.plain_text import plain
from vigil.errors import PermanentError, TransientError
from vigil.local.canary_run import SERVICE, CanaryRun
from vigil.model.notification import NotificationStatus, Transition

# A function that nobody has asked for a while starts first.
_SECONDS = 30.0
_NOTE = "a run of the canary is over"
_WIDTH = 200
_MAY_PASS = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)
Json = Mapping[str, Any]


class CanaryApi:
    """The API of a Vigil at `url`, open while its `with` block lasts.

    A call raises TransientError for what may pass, PermanentError for what will not.
    """

    def __init__(self, url: str, key: str, *, identity_token: str = "") -> None:
        """Take a responder's key, and Google's token for an API that is not open to everybody."""
        headers = {"X-API-Key": key}
        if identity_token:
            # Cloud Run looks here first, and leaves the other header to Vigil.
            headers["X-Serverless-Authorization"] = f"Bearer {identity_token}"
        self._client = httpx.Client(base_url=url, headers=headers, timeout=_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def received(self) -> int:
        """Return how many entries the key's tenant has ever sent in."""
        with _as_promised():
            return int(self._asked("GET", "/metrics")["outcomes"]["received"])

    def anomalies(self) -> frozenset[str]:
        """Return the ids of the latest anomalies of canaries; they say of no run that it is its."""
        with _as_promised():
            found = self._asked("GET", "/anomalies", service=SERVICE)["anomalies"]
            return frozenset(str(anomaly["anomaly_id"]) for anomaly in found)

    def alert_of(self, run: CanaryRun) -> str:
        """Return the id of the alert that the run has caused, whoever has resolved it meanwhile.

        Raises TransientError while there is none.
        """
        with _as_promised():
            found = self._asked("GET", "/alerts", status="all")["alerts"]
            own = [str(each["alert_id"]) for each in found if run.caused(each["labels"])]
        if not own:
            raise TransientError("there is none yet")
        return own[0]

    def require_told(self, alert_id: str) -> None:
        """Return if every channel of an alert was told that it opened.

        Raises TransientError if one still is to be, PermanentError if one never will be.
        """
        with _as_promised():
            story = self._asked("GET", f"/alerts/{alert_id}")
            _require_told(story["alert"]["notification_channels"], story["notifications"])

    def resolve(self, alert_id: str) -> Json:
        """Return the alert, resolved."""
        return self._asked("POST", f"/alerts/{alert_id}/resolve", resolution_note=_NOTE)

    def _asked(self, method: str, path: str, **parameters: str) -> Json:
        try:
            answer = self._client.request(method, path, params=parameters)
        except httpx.HTTPError as error:
            raise TransientError(f"the API does not answer: {type(error).__name__}") from error
        except httpx.InvalidURL as error:
            raise PermanentError("--url is no address") from error
        said = _json_of(answer)
        if answer.is_success and said is not None:
            return said
        words = f"the API answers {answer.status_code}: {_reason(said)}"
        may_pass = answer.is_server_error or answer.status_code in _MAY_PASS
        raise TransientError(words) if may_pass else PermanentError(words)


def _require_told(channels: Collection[str], notifications: Iterable[Json]) -> None:
    if not channels:
        raise PermanentError(
            "the tenant has no channel that wants it; `vigil tenants add-channel` gives it one"
        )
    opening = Transition.OPENED.value
    fates = {told["channel_id"]: told for told in notifications if told["transition"] == opening}
    for channel_id, told in fates.items():
        if told["status"] != NotificationStatus.SENT.value:
            reason = f"{channel_id}: {told['status']}, {told['reason']}"
            raise PermanentError(plain(reason, _WIDTH))
    waiting = ", ".join(sorted(set(channels) - fates.keys()))
    if waiting:
        raise TransientError(f"not told yet: {plain(waiting, _WIDTH)}")


@contextmanager
def _as_promised() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError("what answers at --url is no API of Vigil") from error


def _json_of(answer: httpx.Response) -> Json | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _reason(said: Json | None) -> str:
    """Return what Vigil says; of anybody else only that it is not Vigil who speaks."""
    match said:
        case {"error": {"message": str(message)}}:
            return plain(message, _WIDTH)
        case _:
            return "and not in Vigil's words, so something before it, such as Cloud Run, refuses"
