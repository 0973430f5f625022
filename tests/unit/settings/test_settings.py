"""What the environment may say, and what is said back when it is wrong."""

import os
from pathlib import Path

import pytest

from vigil.errors import InvalidSettings
from vigil.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("VIGIL_")]:
        monkeypatch.delenv(name)


def test_an_empty_environment_gives_settings_that_work_on_one_machine() -> None:
    settings = read_settings()

    assert (settings.host, settings.api_port, settings.shop_port) == ("127.0.0.1", 8080, 5000)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.data_dir == Path(".vigil")
    assert settings.slack_webhook_url is None


@pytest.mark.parametrize(
    ("variable", "text", "field", "expected"),
    [
        pytest.param("VIGIL_API_PORT", "9000", "api_port", 9000, id="a number"),
        pytest.param("VIGIL_DATA_DIR", "state/here", "data_dir", Path("state/here"), id="a folder"),
        pytest.param("VIGIL_LOG_LEVEL", "debug", "log_level", "DEBUG", id="a level in lower case"),
        pytest.param("VIGIL_API_PORT", "", "api_port", 8080, id="empty is unset"),
        pytest.param("VIGIL_OWN_SERVICES", "a-, b-,", "own_services", ("a-", "b-"), id="a list"),
        pytest.param(
            "VIGIL_PUBLIC_URL", "https://v.example/", "public_url", "https://v.example", id="slash"
        ),
        pytest.param(
            "VIGIL_HOST", "0.0.0.0", "public_url", "http://localhost:8080", id="every interface"
        ),
        pytest.param(
            "VIGIL_PUSH_ACCOUNTS",
            "a@b.example, c@d.example",
            "push_accounts",
            ("a@b.example", "c@d.example"),
            id="accounts",
        ),
        pytest.param("VIGIL_PUSH_IDENTITY", "verified", "push_identity", "verified", id="a choice"),
        pytest.param("VIGIL_DATABASE", "vigil-eu", "database", "vigil-eu", id="a named database"),
        pytest.param("VIGIL_HOST", "::1", "public_url", "http://[::1]:8080", id="version 6"),
    ],
)
def test_a_variable_is_read(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(variable, text)

    assert getattr(read_settings(), field) == expected


def test_every_wrong_variable_is_named_at_once_with_where_it_is_documented(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIGIL_API_PORT", "eighty")
    monkeypatch.setenv("VIGIL_RETENTION_DAYS", "0")
    monkeypatch.setenv("VIGIL_LOG_LEVEL", "loud")

    with pytest.raises(InvalidSettings) as complaint:
        read_settings()

    text = str(complaint.value)
    assert "VIGIL_API_PORT" in text
    assert "VIGIL_RETENTION_DAYS" in text
    assert "VIGIL_LOG_LEVEL" in text
    assert "README.md" in text
    assert "VIGIL_PUBLIC_URL" not in text, "it only follows from the wrong port"


@pytest.mark.parametrize(
    "variable",
    [
        "VIGIL_SLACK_WEBHOOK_URL",
        "VIGIL_WEBHOOK_URL",
        "VIGIL_WEBHOOK_SIGNING_KEY",
        "VIGIL_API_PORT",
        "VIGIL_PUBLIC_URL",
    ],
)
def test_a_complaint_never_repeats_the_value(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hunter2-planted")

    with pytest.raises(InvalidSettings) as complaint:
        read_settings()

    assert variable in str(complaint.value)
    assert "hunter2" not in str(complaint.value)
    assert complaint.value.__cause__ is None


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        pytest.param("VIGIL_PROJECT", "projects/x", id="a project's path"),
        pytest.param("VIGIL_DATABASE", "(other)", id="no database"),
        pytest.param("VIGIL_PUSH_IDENTITY", "anybody", id="no way to know callers"),
        pytest.param("VIGIL_PUSH_AUDIENCE", "detect-anomalies", id="no address"),
        pytest.param("VIGIL_PUSH_ACCOUNTS", "a@b.example, everybody", id="no account"),
    ],
)
def test_what_google_would_not_know_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)

    with pytest.raises(InvalidSettings, match=variable):
        read_settings()


def test_a_webhook_without_its_signing_key_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIL_WEBHOOK_URL", "https://hooks.example/")

    with pytest.raises(InvalidSettings, match=r"VIGIL_WEBHOOK_SIGNING_KEY: .*is needed"):
        read_settings()

    monkeypatch.setenv("VIGIL_WEBHOOK_SIGNING_KEY", "whsec_" + "A" * 32)
    assert read_settings().webhook_url is not None


def test_d25_printed_settings_hide_their_secrets() -> None:
    settings = Settings.model_validate(
        {
            "slack_webhook_url": "https://hooks.example/T0/planted",
            "webhook_url": "https://hooks.example/?token=planted",
            "webhook_signing_key": "whsec_planted",
        }
    )

    assert "planted" not in repr(settings) + str(settings) + settings.model_dump_json()
