"""Secrets from Secret Manager, read by Google's client from a server of ours."""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.contract.set_clock import SetClock
from tests.servers.secret_server import PATIENCE, SecretServer
from vigil.adapters.secret_manager_secrets import SecretManagerSecrets
from vigil.adapters.secret_versions import LIMIT_BYTES, Patience
from vigil.errors import InvalidSettings, TransientError

HOOK = "projects/acme-prod/secrets/hook"
REFERENCE = f"secret:{HOOK}"
VALUE = "https://hooks.example/T0/B0/very-secret"


@pytest.fixture
def server() -> Iterator[SecretServer]:
    with SecretServer() as server:
        server.put(HOOK, VALUE)
        yield server


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def secrets(server: SecretServer, clock: SetClock) -> SecretManagerSecrets:
    return SecretManagerSecrets(
        clock=clock, project="acme-prod", client=server.client, patience=PATIENCE
    )


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        pytest.param(REFERENCE, f"{HOOK}/versions/latest", id="the latest"),
        pytest.param(f"{REFERENCE}/versions/1", f"{HOOK}/versions/1", id="a version"),
        pytest.param("secret:hook", f"{HOOK}/versions/latest", id="of the own project"),
        pytest.param("secret:hook/versions/1", f"{HOOK}/versions/1", id="own, a version"),
    ],
)
def test_a_secret_is_read_by_its_reference(
    server: SecretServer, secrets: SecretManagerSecrets, reference: str, asked: str
) -> None:
    assert secrets.read(reference) == VALUE
    assert server.asked == [asked]


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("secret:", id="no name"),
        pytest.param("secret:projects/p/secrets/a/b", id="a path too long"),
        pytest.param("secret:../../x", id="a way out"),
        pytest.param(VALUE, id="the secret itself"),
        pytest.param(f"secret:{VALUE}", id="the secret itself, after the prefix"),
    ],
)
def test_what_is_no_reference_is_refused_and_not_repeated(
    server: SecretServer, secrets: SecretManagerSecrets, reference: str
) -> None:
    with pytest.raises(InvalidSettings, match="secret:NAME") as refused:
        secrets.read(reference)
    assert "very-secret" not in str(refused.value)
    assert server.asked == []


def test_a_short_reference_needs_an_own_project(server: SecretServer, clock: SetClock) -> None:
    secrets = SecretManagerSecrets(clock=clock, client=server.client)
    with pytest.raises(InvalidSettings, match="names no project"):
        secrets.read("secret:hook")


def test_what_was_read_is_believed_for_a_minute(
    server: SecretServer, secrets: SecretManagerSecrets, clock: SetClock
) -> None:
    secrets.read(REFERENCE)
    server.put(HOOK, "second")
    clock.advance(59)
    assert secrets.read(REFERENCE) == VALUE
    clock.advance(1)
    assert secrets.read(REFERENCE) == "second"
    assert len(server.asked) == 2


def test_b20_what_was_refused_is_read_anew_at_once_and_only_then(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    secrets.read(REFERENCE)
    server.put(HOOK, "second")
    assert secrets.read(REFERENCE, refused="something else") == VALUE
    assert secrets.read(REFERENCE, refused=VALUE) == "second"
    # Another sender whose receiver refused the same old secret finds the new one.
    assert secrets.read(REFERENCE, refused=VALUE) == "second"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        pytest.param(grpc.StatusCode.NOT_FOUND, "create it", id="not found"),
        pytest.param(grpc.StatusCode.PERMISSION_DENIED, "secretAccessor", id="forbidden"),
        pytest.param(grpc.StatusCode.UNAUTHENTICATED, "credentials", id="no credentials"),
        pytest.param(grpc.StatusCode.FAILED_PRECONDITION, "enable it", id="disabled"),
        pytest.param(grpc.StatusCode.INVALID_ARGUMENT, "correct it", id="an odd name"),
    ],
)
def test_what_asking_again_cannot_help_names_the_secret_and_what_to_do(
    server: SecretServer,
    secrets: SecretManagerSecrets,
    clock: SetClock,
    status: grpc.StatusCode,
    advice: str,
) -> None:
    secrets.read(REFERENCE)
    clock.advance(61)
    server.trouble.append(status)
    with pytest.raises(InvalidSettings, match=advice) as raised:
        secrets.read(REFERENCE)
    assert HOOK in str(raised.value)
    assert "very-secret" not in str(raised.value)
    assert len(server.asked) == 2


def test_a_disabled_version_does_not_serve_from_memory(
    server: SecretServer, secrets: SecretManagerSecrets, clock: SetClock
) -> None:
    version = server.put(HOOK, VALUE)
    secrets.read(REFERENCE)
    version.is_enabled = False
    clock.advance(61)
    with pytest.raises(InvalidSettings, match="disabled"):
        secrets.read(REFERENCE)
    server.trouble += [grpc.StatusCode.UNAVAILABLE] * 100
    with pytest.raises(TransientError):
        secrets.read(REFERENCE)


def test_a_passing_trouble_is_tried_again_at_once(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    server.trouble += [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    assert secrets.read(REFERENCE) == VALUE
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "status",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.ABORTED,
    ],
)
def test_while_it_cannot_be_reached_what_is_known_serves_for_an_hour(
    server: SecretServer,
    secrets: SecretManagerSecrets,
    clock: SetClock,
    status: grpc.StatusCode,
) -> None:
    secrets.read(REFERENCE)
    server.trouble = deque([status] * 10_000)
    clock.advance(3600)
    assert secrets.read(REFERENCE) == VALUE
    asked = len(server.asked)
    # A page does not wait each time for what does not answer.
    assert secrets.read(REFERENCE) == VALUE
    assert len(server.asked) == asked
    clock.advance(60)
    with pytest.raises(TransientError, match="cannot be read now"):
        secrets.read(REFERENCE)


def test_b20_while_it_cannot_be_reached_what_was_refused_does_not_serve(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    secrets.read(REFERENCE)
    server.trouble = deque([grpc.StatusCode.UNAVAILABLE] * 10_000)
    with pytest.raises(TransientError):
        secrets.read(REFERENCE, refused=VALUE)


def test_nothing_known_and_nothing_to_be_had_is_a_trouble_that_passes(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    server.trouble = deque([grpc.StatusCode.UNAVAILABLE] * 10_000)
    with pytest.raises(TransientError, match="secrets/hook"):
        secrets.read(REFERENCE)
    server.trouble.clear()
    assert secrets.read(REFERENCE) == VALUE


def test_a_server_that_does_not_answer_is_not_waited_for_long(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    server.held = True
    with pytest.raises(TransientError):
        secrets.read(REFERENCE)
    assert len(server.asked) <= 3


def test_what_was_damaged_on_its_way_is_asked_for_again_and_never_used(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    version = server.put(HOOK, VALUE)
    version.checksum = 7
    with pytest.raises(TransientError):
        secrets.read(REFERENCE)
    assert len(server.asked) > 1
    version.checksum = None
    assert secrets.read(REFERENCE) == VALUE


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" \n", "empty", id="blank"),
        pytest.param(b"\xff\xfe\xfd", "not text", id="no text"),
        pytest.param(b"x" * (LIMIT_BYTES + 1), "larger", id="too large"),
    ],
)
def test_what_can_be_no_secret_is_refused(
    server: SecretServer, secrets: SecretManagerSecrets, content: bytes, complaint: str
) -> None:
    server.put(HOOK, content)
    with pytest.raises(InvalidSettings, match=complaint):
        secrets.read(REFERENCE)


def test_the_line_break_that_an_editor_left_is_dropped(
    server: SecretServer, secrets: SecretManagerSecrets
) -> None:
    server.put(HOOK, f"{VALUE}\n")
    assert secrets.read(REFERENCE) == VALUE


def test_threads_ask_for_one_secret_once_and_no_secret_waits_for_another(
    server: SecretServer, clock: SetClock
) -> None:
    other = "projects/acme-prod/secrets/other"
    server.put(other, "other")
    secrets = SecretManagerSecrets(
        clock=clock, client=server.client, patience=Patience(attempt_seconds=5)
    )
    assert secrets.read(f"secret:{other}") == "other"
    server.held = True
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(secrets.read, REFERENCE) for _ in range(7)]
        assert pool.submit(secrets.read, f"secret:{other}").result(timeout=5) == "other"
        server.release.set()
        assert {read.result(timeout=5) for read in reads} == {VALUE}
    assert server.asked.count(f"{HOOK}/versions/latest") == 1


def test_no_client_is_made_before_a_secret_is_read(clock: SetClock, server: SecretServer) -> None:
    made = threading.Event()

    def connect() -> object:
        made.set()
        return server.client()

    secrets = SecretManagerSecrets(clock=clock, client=connect)  # type: ignore[arg-type]  # it is one
    assert not made.is_set()
    secrets.read(REFERENCE)
    assert made.is_set()
