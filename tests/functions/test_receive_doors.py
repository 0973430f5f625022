"""Alerts from elsewhere over real HTTP, as `vigil up` takes them, from the call to the page."""

import base64
import gzip
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.received_payloads import alertmanager, cloud_monitoring, over, raised
from tests.repository.tree import ROOT
from vigil.doors.alert_sources import SOURCES
from vigil.local.embedded import Customers, Embedded
from vigil.settings import Settings

README = (ROOT / "README.md").read_text()
# Before any clock on which this may run: what lies ahead is not believed.
LONG_AGO = "2024-01-15T12:00:00Z"
NOBODY = Customers(checkouts_per_second=0, inventory_per_second=0)
ALERTMANAGER, CLOUD_MONITORING = SOURCES


@dataclass
class Here:
    """A running Vigil, and what its terminal channel has said."""

    vigil: Embedded
    told: list[str] = field(default_factory=list)

    def post(self, path: str, body: object, **how: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        how.setdefault("headers", {"Authorization": f"Bearer {self.vigil.key}"})
        address = f"{self.vigil.api}{path}"
        return httpx.post(address, content=content, trust_env=False, timeout=30, **how)

    def alerts(self, status: str = "all") -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.vigil.key}"}
        address = f"{self.vigil.api}/alerts?status={status}"
        answer = httpx.get(address, headers=headers, trust_env=False, timeout=30)
        listed: list[dict[str, Any]] = answer.json()["alerts"]
        return listed

    def until_told(self, text: str) -> None:
        """Return when the terminal has said `text`, or fail after ten seconds."""
        pause = threading.Event()
        assert any(text in "\n".join(self.told) or pause.wait(0.05) for _ in range(200)), self.told


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    folder: Path = tmp_path_factory.mktemp("vigil")
    settings = Settings.model_validate({"data_dir": folder, "api_port": 0, "shop_port": 0})
    told: list[str] = []
    with Embedded(settings, write=told.append, customers=NOBODY) as vigil:
        yield Here(vigil, told)


@pytest.mark.slow
def test_an_alert_of_alertmanager_is_told_listed_and_ended(here: Here) -> None:
    sent = raised("PaymentsFail", startsAt=LONG_AGO)
    first = here.post(ALERTMANAGER, alertmanager([sent]))
    here.until_told("CRITICAL: PaymentsFail in checkout")
    again = here.post(ALERTMANAGER, alertmanager([sent]))
    listed = [alert for alert in here.alerts("open") if "PaymentsFail" in alert["title"]]
    end = here.post(ALERTMANAGER, alertmanager([over(sent)]))
    here.until_told("RESOLVED: PaymentsFail in checkout")

    assert first.json() == again.json() == end.json()
    assert first.json()["accepted"] == 1
    [alert] = listed
    assert alert["anomaly"]["anomaly_type"] == "received_alert"
    assert alert["labels"]["source"] == "alertmanager"
    assert sum("CRITICAL: PaymentsFail" in text for text in here.told) == 1


@pytest.mark.slow
def test_an_incident_of_cloud_monitoring_is_told_with_basic_auth_or_a_token(here: Here) -> None:
    password = base64.b64encode(f"vigil:{here.vigil.key}".encode()).decode()
    opened = here.post(
        CLOUD_MONITORING,
        cloud_monitoring(started_at=LONG_AGO),
        headers={"Authorization": f"Basic {password}"},
    )
    here.until_told("CRITICAL: Slow requests in cart")
    closed = here.post(
        f"{CLOUD_MONITORING}?auth_token={here.vigil.key}",
        cloud_monitoring(state="closed", started_at=LONG_AGO, ended_at=1768912000),
        headers={},
    )
    here.until_told("RESOLVED: Slow requests in cart")

    assert [opened.status_code, closed.status_code] == [200, 200]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "body", "status", "code"),
    [
        pytest.param({"headers": {}}, alertmanager([raised()]), 401, "not_identified", id="no key"),
        pytest.param({}, b"firing", 400, "invalid_request", id="no json"),
        pytest.param({}, gzip.compress(b" " * 10_000_001), 413, "body_too_large", id="d27 a bomb"),
        pytest.param({}, b" " * 10_000_001, 413, "body_too_large", id="d27 too large"),
    ],
)
def test_d36_what_is_refused_is_told_in_the_one_shape(
    here: Here, how: dict[str, Any], body: object, status: int, code: str
) -> None:
    answer = here.post(ALERTMANAGER, body, **how)
    assert answer.status_code == status
    assert answer.json()["status"] == "error"
    assert answer.json()["error"]["code"] == code


@pytest.mark.slow
def test_d33_the_key_in_an_address_stands_in_no_line_of_ours(
    here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = alertmanager([7, raised(startsAt=LONG_AGO)])
    here.post(f"{ALERTMANAGER}?auth_token={here.vigil.key}", body, headers={})
    ours = [r.getMessage() + str(vars(r)) for r in caplog.records if r.name.startswith("vigil")]
    assert any("received alerts were left out" in line for line in ours)
    assert not any(here.vigil.key in line for line in ours)
    # The server logs addresses, to nobody: pytest alone listens to it.
    assert not logging.getLogger("uvicorn.access").propagate


@pytest.mark.slow
def test_the_doors_do_not_clash_with_the_api(here: Here) -> None:
    headers = {"Authorization": f"Bearer {here.vigil.key}"}
    for path in SOURCES:
        got = httpx.get(f"{here.vigil.api}{path}", headers=headers, trust_env=False)
        assert got.status_code in (404, 405)
    answer = httpx.get(f"{here.vigil.api}/alerts/alertmanager", headers=headers, trust_env=False)
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.slow
@pytest.mark.parametrize("path", SOURCES)
def test_what_the_readme_shows_works(here: Here, path: str) -> None:
    [body] = re.findall(rf"{path} -d '([^']+)'", README)
    answer = here.post(path, body.encode())
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert answer.json()["problems"] == answer.json()["warnings"] == []
