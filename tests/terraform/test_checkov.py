"""checkov has no complaint of what Terraform would make that has no reason written beside it.

VIGIL_CHECKOV names the program, which `make checkov` installs apart from all else.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.terraform.plans import Planned

# It asks nobody: neither for descriptions of its checks nor for others.
_OPTIONS = ("--framework=terraform_plan", "--skip-download", "--quiet", "--compact", "--soft-fail")
_UNIFORM = '"uniform_bucket_level_access": true'
_OWN_KEYS = "Google's own keys encrypt it; `encryption` gives it a key of one's own."
_NO_LOG = (
    "Who reads bundles, which hold what the repository does, is in the audit log where data access"
    " is logged; a bucket of logs would be one more thing to look after."
)
_SMALLEST = "The smallest role there is for what a deployment changes; it grants no access."
# Of each complaint: the check, and how the address of what it may complain of begins.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("CKV_GCP_42", 'google_project_iam_member.deployer["roles/cloudscheduler.admin"]'): _SMALLEST,
    (
        "CKV_GCP_42",
        'google_project_iam_member.deployer["roles/datastore.backupSchedulesAdmin"]',
    ): _SMALLEST,
    ("CKV_GCP_42", 'google_project_iam_member.deployer["roles/datastore.indexAdmin"]'): _SMALLEST,
    ("CKV_GCP_42", 'google_project_iam_member.deployer["roles/monitoring.editor"]'): _SMALLEST,
    ("CKV_GCP_62", "google_storage_bucket.sources"): _NO_LOG,
    ("CKV_GCP_63", "google_storage_bucket.sources"): _NO_LOG,
    ("CKV_GCP_73", "google_compute_security_policy.domain[0]"): (
        "The rule is there, but with a sensitivity, which the check does not read; and `domain`"
        " says when rules refuse."
    ),
    ("CKV_GCP_83", "google_pubsub_topic.topic["): _OWN_KEYS,
    ("CKV_GCP_84", "google_artifact_registry_repository.images"): _OWN_KEYS,
    ("CKV_GCP_124", 'google_cloudfunctions2_function.function["api"]'): (
        "People reach it from everywhere; a `domain` puts a load balancer before it."
    ),
    ("CKV_GCP_124", 'google_cloudfunctions2_function.function["receive_alerts"]'): (
        "Senders reach it from everywhere; a `domain` puts a load balancer before it."
    ),
}
Complaint = tuple[str, str]


@pytest.fixture(scope="module")
def complaints(
    plans: Mapping[str, Planned], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, set[Complaint]]:
    """Give the complaints by plan, one of which has an open bucket."""
    program = os.environ.get("VIGIL_CHECKOV") or shutil.which("checkov")
    if program is None:
        pytest.skip("neither is checkov on PATH nor does VIGIL_CHECKOV name it: make checkov")
    texts = {name: planned.first.text for name, planned in plans.items()}
    texts["broken"] = texts["least"].replace(_UNIFORM, _UNIFORM.replace("true", "false"))
    folder = tmp_path_factory.mktemp("checkov")
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)
    return _complaints(program, folder)


def _complaints(program: str, folder: Path) -> Mapping[str, set[Complaint]]:
    files = {f"/{path.name}": path for path in folder.iterdir()}
    # What is written to its error output is about the machine.
    done = subprocess.run(
        [program, *(f"--file={path}" for path in files.values()), *_OPTIONS, "--output=json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] > len(files)
    failed = report["results"]["failed_checks"]
    return {
        path.stem: {
            (each["check_id"], each["resource"]) for each in failed if each["file_path"] == file
        }
        for file, path in files.items()
    }


def _excused(complaint: Complaint) -> Iterator[Complaint]:
    check, address = complaint
    for exception in EXCEPTIONS:
        if exception[0] == check and address.startswith(exception[1]):
            yield exception


@pytest.mark.parametrize("name", ["least", "everything"])
def test_each_complaint_has_a_reason(complaints: Mapping[str, set[Complaint]], name: str) -> None:
    assert [each for each in sorted(complaints[name]) if not [*_excused(each)]] == []


def test_each_reason_has_a_complaint(complaints: Mapping[str, set[Complaint]]) -> None:
    heard = {
        exception
        for name in ("least", "everything")
        for complaint in complaints[name]
        for exception in _excused(complaint)
    }

    assert EXCEPTIONS.keys() - heard == set()


def test_an_open_bucket_is_complained_of(complaints: Mapping[str, set[Complaint]]) -> None:
    bucket = ("CKV_GCP_29", "google_storage_bucket.sources")

    assert bucket in complaints["broken"]
    assert bucket not in complaints["least"]
