"""What `vigil doctor` looks at; each look gives a line that says what to do."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from vigil.errors import InvalidSettings
from vigil.local.channels import configured_channels
from vigil.local.cloud_sdk import emulator_program
from vigil.local.emulated_needs import missing_libraries
from vigil.local.free_port import listen_on
from vigil.settings import PREFIX, Settings, read_settings

_OLDEST_PYTHON = (3, 11)
# Upserts came with 3.24; `make test` has no older one to try.
_OLDEST_SQLITE = (3, 24, 0)
_LIBRARIES = {"re2": "google-re2", "orjson": "orjson"}
_PROGRAMS = {
    "Java": (("java",), "to run the emulators"),
    "gcloud": (("gcloud",), "to deploy, and to export logs for `vigil replay`"),
    "Terraform": (("terraform", "tofu"), "to deploy"),
    "Prometheus": (("prometheus",), "to try its alert rules"),
    "Alertmanager": (("alertmanager",), "to try alerts that it sends"),
    "Chromium": (("chromium", "chromium-browser", "google-chrome"), "to test pages"),
}
_EMULATORS = {
    "Firestore emulator": "cloud-firestore-emulator",
    "Pub/Sub emulator": "pubsub-emulator",
}


class State(StrEnum):
    """How a look turned out."""

    FINE = "ok"
    OPTIONAL = "optional"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look gave; nothing that `says` is a setting's value."""

    name: str
    state: State
    says: str


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Look at everything that Vigil needs or can use on this machine."""
    settings, complaint = _settings()
    findings = [_python(), *_variables(environ), *complaint]
    if settings is not None:
        findings += [_data_folder(settings.data_dir), *_ports(settings)]
    findings += [_sqlite(), *map(_library, _LIBRARIES), _terminal(environ)]
    if settings is not None:
        findings.append(_channels(settings))
    return [*findings, *_programs(), *_emulators()]


def _settings() -> tuple[Settings | None, list[Finding]]:
    try:
        return read_settings(), []
    except InvalidSettings as error:
        return None, [Finding("settings", State.MISSING, str(error))]


def _python() -> Finding:
    is_new = sys.version_info >= _OLDEST_PYTHON
    advice = "" if is_new else "; Vigil needs 3.11 or newer: make PYTHON=python3.11"
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", State.FINE if is_new else State.MISSING, found + advice)


def _variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if name in known:
            yield Finding(
                name, State.FINE, "is set" if environ[name] else "is empty, as if not set"
            )
        else:
            yield Finding(name, State.OPTIONAL, "is no setting; README.md lists those there are")


def _data_folder(path: Path) -> Finding:
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        made = "can be written" if existing == path else "will be made"
        return Finding("data folder", State.FINE, f"{path} {made}")
    advice = f"{path} cannot be written: name another folder in VIGIL_DATA_DIR"
    return Finding("data folder", State.MISSING, advice)


def _ports(settings: Settings) -> Iterator[Finding]:
    for name, wanted in (("API port", settings.api_port), ("shop port", settings.shop_port)):
        try:
            with listen_on(wanted, settings.host) as listener:
                chosen = listener.getsockname()[1]
        except OSError:
            advice = "VIGIL_HOST is no address of this machine: 127.0.0.1 always is"
            yield Finding(name, State.MISSING, advice)
        else:
            yield Finding(name, State.FINE, _choice(wanted, chosen))


def _choice(wanted: int, chosen: int) -> str:
    if chosen == wanted:
        return f"{wanted} is free"
    taken = f"{wanted} is taken; " if wanted else ""
    return f"{taken}a free one will be chosen, such as {chosen}"


def _sqlite() -> Finding:
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("SELECT json_extract('{\"a\": 1}', '$.a')")
        has_json = True
    except sqlite3.Error:
        has_json = False
    if has_json and sqlite3.sqlite_version_info >= _OLDEST_SQLITE:
        return Finding("SQLite", State.FINE, f"{sqlite3.sqlite_version}, with JSON")
    advice = "Vigil needs 3.24 with JSON; use a Python that brings it"
    return Finding("SQLite", State.MISSING, f"{sqlite3.sqlite_version}; {advice}")


def _library(module: str) -> Finding:
    name = _LIBRARIES[module]
    try:
        import_module(module)
    except ImportError:
        advice = "is not installed or does not fit this Python: run `make clean run`"
        return Finding(name, State.MISSING, advice)
    return Finding(name, State.FINE, version(name))


def _terminal(environ: Mapping[str, str]) -> Finding:
    if not sys.stdout.isatty():
        return Finding("terminal", State.FINE, "none; what is shown will be plain lines")
    columns, lines = shutil.get_terminal_size()
    colours = "no colours" if environ.get("NO_COLOR") else environ.get("TERM", "unknown kind")
    return Finding("terminal", State.FINE, f"{columns} x {lines}, {colours}")


def _channels(settings: Settings) -> Finding:
    channels = configured_channels(settings)
    names = ", ".join(channel.channel_id for channel in channels)
    if len(channels) > 1:
        return Finding("channels", State.FINE, names)
    advice = "VIGIL_SLACK_WEBHOOK_URL or VIGIL_WEBHOOK_URL would tell somebody elsewhere"
    return Finding("channels", State.OPTIONAL, f"only the {names}; {advice}")


def _programs() -> Iterator[Finding]:
    for name, (commands, purpose) in _PROGRAMS.items():
        if any(shutil.which(command) for command in commands):
            yield Finding(name, State.FINE, "is there")
        else:
            yield Finding(name, State.OPTIONAL, f"is not on the PATH; needed {purpose}")


def _emulators() -> Iterator[Finding]:
    for name, component in _EMULATORS.items():
        if emulator_program(component):
            yield Finding(name, State.FINE, "is there")
        else:
            install = f"`gcloud components install {component}` brings it"
            needed = "needed to test and for `vigil up --emulators`"
            yield Finding(name, State.OPTIONAL, f"is not there; {needed}; {install}")
    absent = missing_libraries()
    state = State.OPTIONAL if absent else State.FINE
    yield Finding("Google's libraries", state, absent or "are there")
