"""Google's emulators of Firestore and Pub/Sub, on free ports of this machine."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from vigil.errors import VigilError
from vigil.local.cloud_sdk import EMULATORS, emulator_program
from vigil.local.free_port import LOOPBACK, choose_port
from vigil.local.watched_process import WatchedProcess

# The first compiler alone: an emulator starts in half the time and leaves more of two cores.
_JAVA_OPTIONS = "-Xmx512m -Djava.awt.headless=true -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_ATTEMPTS = 3
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05


class EmulatorFailed(VigilError):
    """An emulator could not be started; the text says what to do."""


class _Ended(Exception):
    """It ended before it answered; its words say why."""


def missing_for_emulators() -> str | None:
    """Return what is missing to run the emulators and what brings it, None if nothing is."""
    if shutil.which("java") is None:
        return "the emulators need Java 11 or newer: put `java` on the PATH"
    absent = [name for name in EMULATORS if emulator_program(name) is None]
    if absent:
        install = f"gcloud components install {' '.join(absent)}"
        return f"the Cloud SDK or its emulators are not there: `{install}` brings them"
    return None


@contextmanager
def firestore_emulator(log: Path | None = None) -> Iterator[str]:
    """Run Firestore's emulator while the block lasts; gives "127.0.0.1:PORT".

    What it prints is appended to `log`. It forgets everything at the end, and also ends if this
    process dies. Raises EmulatorFailed, saying what to do, if it does not start.
    """
    with _running("cloud-firestore-emulator", ["start"], log) as address:
        yield address


@contextmanager
def pubsub_emulator(log: Path | None = None) -> Iterator[str]:
    """Run Pub/Sub's emulator while the block lasts, as `firestore_emulator` does Firestore's."""
    with _running("pubsub-emulator", [], log) as address:
        yield address


@contextmanager
def _running(component: str, arguments: list[str], log: Path | None) -> Iterator[str]:
    missing = missing_for_emulators()
    if missing:
        raise EmulatorFailed(missing)
    with log.open("a+b") if log else tempfile.TemporaryFile() as output:
        process, address = _started(component, arguments, output)
        try:
            yield address
        finally:
            process.stop()


def _started(component: str, arguments: list[str], output: IO[bytes]) -> tuple[WatchedProcess, str]:
    """Start the emulator, on another port if somebody takes the chosen one before it does."""
    for attempt in range(1, _ATTEMPTS + 1):
        port = choose_port(0)
        process = _start([*_command(component, arguments), f"--port={port}"], output)
        try:
            _wait_until_it_answers(process, port)
            return process, f"{LOOPBACK}:{port}"
        except _Ended as ended:
            process.stop()
            if attempt == _ATTEMPTS:
                raise EmulatorFailed(f"{component} {ended}: {process.last_words()}") from ended
        except BaseException:
            # Also where somebody presses Ctrl-C meanwhile.
            process.stop()
            raise
    raise AssertionError("the last attempt returns or raises")


def _command(component: str, arguments: list[str]) -> list[str]:
    return [str(emulator_program(component)), *arguments, f"--host={LOOPBACK}"]


def _start(command: list[str], output: IO[bytes]) -> WatchedProcess:
    options = " ".join(filter(None, [os.environ.get("JDK_JAVA_OPTIONS"), _JAVA_OPTIONS]))
    environment = {**os.environ, "JDK_JAVA_OPTIONS": options}
    return WatchedProcess(command, environment=environment, output=output)


def _wait_until_it_answers(process: WatchedProcess, port: int) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while not _answers(port):
        code = process.ended_with()
        if code is not None:
            raise _Ended(f"ended with code {code}")
        if time.monotonic() > give_up_at:
            raise _Ended(f"did not answer within {_START_SECONDS:.0f} seconds")
        time.sleep(_POLL_SECONDS)


def _answers(port: int) -> bool:
    connection = HTTPConnection(LOOPBACK, port, timeout=1.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200  # noqa: PLR2004 - HTTP's OK, as everyone knows
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
