"""Where Google's Cloud SDK lies on this machine, and which of its emulators it has."""

import shutil
import subprocess
from pathlib import Path

# `gcloud info` starts a Python of its own.
_PATIENCE_SECONDS = 20.0
# The component that `gcloud components install` brings, and the program in it that starts it.
EMULATORS = {
    "cloud-firestore-emulator": "cloud_firestore_emulator",
    "pubsub-emulator": "bin/cloud-pubsub-emulator",
}


def emulator_program(component: str) -> Path | None:
    """Return the program that starts one of EMULATORS, None where it is not installed."""
    platform = _platform()
    program = platform / component / EMULATORS[component] if platform else None
    return program if program and program.is_file() else None


def _platform() -> Path | None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    beside = Path(gcloud).resolve().parents[1] / "platform"
    return beside if beside.is_dir() else _platform_by_its_word(gcloud)


def _platform_by_its_word(gcloud: str) -> Path | None:
    """Ask the program itself: where a package manager wrapped it, it does not lie in the SDK."""
    try:
        answer = subprocess.run(
            [gcloud, "info", "--format=value(installation.sdk_root)"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        # A gcloud that cannot answer cannot start an emulator either.
        return None
    root = answer.stdout.strip()
    return Path(root) / "platform" if root else None
