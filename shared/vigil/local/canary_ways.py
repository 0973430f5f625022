"""The ways by which the canary's entries come in: as real ones do, wherever Vigil runs."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Protocol

import httpx
import orjson

from vigil.doors.clock import utc_now
from vigil.errors import InvalidSettings, TransientError
from vigil.local.canary_run import LOG_ID, Entry
from vigil.local.doors import PUSH_PATH
from vigil.local.google_side import google_clients
from vigil.model.instant import instant_as_text
from vigil.ports import Message, Publisher
from vigil.settings import Settings
from vigil.workflows.batch_logs import LOGS

_SECONDS = 15.0


class WayIn(Protocol):
    """Takes entries in; `name` says in words where it writes them."""

    @property
    def name(self) -> str:
        """Where they are written."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Return when the entries are safe; raise a VigilError that says what is wrong."""


@contextmanager
def way_in(
    settings: Settings, environ: Mapping[str, str], *, url: str, project: str
) -> Iterator[WayIn]:
    """Open the way by which entries of `project` come to the settings' Vigil, for the block.

    On Google Cloud it begins at Cloud Logging. No sink delivers to an emulator, so there it begins
    at the topic; and where no project is set, at the push door of a `vigil up` at `url`.
    """
    emulator = environ.get("PUBSUB_EMULATOR_HOST")
    if not settings.project:
        yield PushDoorWay(url)
    elif emulator:
        with google_clients():
            from vigil.adapters.pubsub_publisher import (  # noqa: PLC0415 - `make run` installs no client of Google's
                PubsubPublisher,
            )
        with closing(PubsubPublisher(settings.project, emulator_host=emulator)) as publisher:
            yield TopicWay(publisher)
    else:
        with google_clients():
            from vigil.doors.google_log_writer import (  # noqa: PLC0415 - see above
                google_log_writer,
            )

            writer = google_log_writer(project)
        yield writer


class TopicWay:
    """Publishes entries as a sink does."""

    name = f"the topic {LOGS}"

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def write(self, entries: Sequence[Entry]) -> None:
        """Publish all of them at once."""
        self._publisher.publish(LOGS, [Message(body) for body in _bodies(entries)])


class PushDoorWay:
    """Pushes entries as the subscription of a sink does."""

    def __init__(self, url: str) -> None:
        self._address = f"{url}{PUSH_PATH}"
        self.name = f"the push door {self._address}"

    def write(self, entries: Sequence[Entry]) -> None:
        """Push all at the same time; each is safe when it is answered, which takes a moment."""
        # Nothing of this machine is asked for through a proxy.
        with (
            httpx.Client(timeout=_SECONDS, trust_env=False) as client,
            ThreadPoolExecutor(len(entries)) as threads,
        ):
            pushed = [
                threads.submit(self._push, client, f"{LOG_ID}-{number}", body)
                for number, body in enumerate(_bodies(entries))
            ]
            for push in pushed:
                push.result()

    def _push(self, client: httpx.Client, message_id: str, body: bytes) -> None:
        message = {"messageId": message_id, "data": base64.b64encode(body).decode()}
        try:
            answer = client.post(self._address, json={"message": message})
        except httpx.HTTPError as error:
            raise TransientError(f"it does not answer: {type(error).__name__}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise InvalidSettings(
                "there is no push door: this is no `vigil up`; VIGIL_PROJECT names a deployment"
            )
        if not answer.is_success:
            raise TransientError(f"it answers {answer.status_code}")


def _bodies(entries: Sequence[Entry]) -> list[bytes]:
    """Return entries as they are delivered; all have one time, so that no window parts them."""
    now = instant_as_text(utc_now())
    return [orjson.dumps({"timestamp": now, **entry}) for entry in entries]
