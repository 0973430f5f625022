"""The analyst that the settings ask for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders import NOON, anomaly, incident
from tests.servers.gemini_server import (
    LOCATION,
    MODEL,
    PATH,
    PROJECT,
    GeminiServer,
    answering,
    service_account,
)
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.doors.model_analyst import make_analyst
from vigil.errors import InvalidSettings
from vigil.incidents import analyst as statistics
from vigil.model.explanation import AI_LABEL, Degraded
from vigil.settings import Settings
from vigil.stores.queries import DECLARED


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    with closing(SqliteDocuments(":memory:", DECLARED)) as opened:
        yield opened


def settings(**changes: object) -> Settings:
    given = {"model": MODEL, "model_location": LOCATION, "project": PROJECT, **changes}
    return Settings.model_validate(given)


def test_without_a_model_the_statistics_explain(documents: SqliteDocuments) -> None:
    assert make_analyst(Settings(), documents) is statistics


def test_a_model_needs_somebody_who_pays(documents: SqliteDocuments) -> None:
    with pytest.raises(InvalidSettings, match="VIGIL_PROJECT"):
        make_analyst(settings(project=None), documents)


def test_with_a_model_it_is_asked_as_the_environment_says(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with GeminiServer(then=answering()) as server:
        monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", server.address)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, server)))
        found = make_analyst(settings(), documents).explain(incident(), [anomaly()], now=NOON)
        asked = [request.target for request in server.requests]

    assert found.label == AI_LABEL
    assert asked == ["/token", PATH]


def test_without_credentials_the_statistics_explain(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", f"{tmp_path}/none.json")
    analyst = make_analyst(settings(), documents)

    found = analyst.explain(incident(), [anomaly()], now=NOON)

    assert found.degraded is Degraded.REFUSED
