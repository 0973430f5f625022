import pytest

from vigil.detection.wording import Wording, wording_of

RESOURCE, SECURITY, NEITHER = Wording(True, False), Wording(False, True), Wording(False, False)


@pytest.mark.parametrize(
    ("line", "wording"),
    [
        ("java.lang.OutOfMemoryError: Java heap space", RESOURCE),
        ("Container was OOMKilled", RESOURCE),
        ("oom-kill: constraint=MEMCG", RESOURCE),
        ("Memory limit of <*> MiB exceeded with <*> MiB used", RESOURCE),
        ("OSError: [Errno <*>] No space left on device", RESOURCE),
        ("accept: too many open files", RESOURCE),
        ("connection pool is exhausted", RESOURCE),
        ("HikariPool exhausted", RESOURCE),
        ("QueuePool limit of size <*> overflow <*> reached", RESOURCE),
        ("RESOURCE_EXHAUSTED: Quota exceeded for metric", RESOURCE),
        ("FATAL: remaining connection slots are reserved", RESOURCE),
        ("disk is full", RESOURCE),
        ("401 Unauthorized", SECURITY),
        ("permission denied for relation users", SECURITY),
        ("invalid token", SECURITY),
        ("Failed password for invalid user from <*>", SECURITY),
        ("login failed for [EMAIL]", SECURITY),
        ("possible SQL injection in parameter q", SECURITY),
        ("POSSIBLE BREAK-IN ATTEMPT!", SECURITY),
        ("out of stock", NEITHER),
        ("the room is full", NEITHER),
        ("invalid JSON", NEITHER),
        ("login succeeded", NEITHER),
        ("", NEITHER),
    ],
)
def test_wording(line: str, wording: Wording) -> None:
    assert wording_of(line) == wording
