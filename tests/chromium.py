"""Chromium, which opens a page while all that it asks of any network comes to us."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.http_recorder import HttpRecorder

# It asks its makers for the time and for updates, whatever the page is.
_ITS_OWN = re.compile(r"(https?://)?[\w.-]+\.(google|googleapis)\.com[:/].*")
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Opened:
    """A page after its scripts have run, as HTML, and the addresses that it asked for."""

    html: str
    asked_for: list[str]


def open_page(page: Path, profile: Path) -> Opened:
    """Open a file; every name leads to a proxy of ours that answers nothing of use.

    The test that asks for it is skipped where Chromium is missing.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("Chromium is not on PATH")
    with HttpRecorder() as proxy:
        done = subprocess.run(
            [
                program,
                "--headless",
                # Tests run as root in a container, where there is no sandbox to be had.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                *_QUIET,
                f"--user-data-dir={profile}",
                f"--proxy-server={proxy.address}",
                "--proxy-bypass-list=<-loopback>",
                "--virtual-time-budget=3000",
                "--dump-dom",
                page.as_uri(),
            ],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        asked_for = [request.target for request in proxy.requests]
    return Opened(done.stdout.decode(), [a for a in asked_for if not _ITS_OWN.fullmatch(a)])
