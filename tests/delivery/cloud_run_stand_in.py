#!/usr/bin/env python3
"""What the scripts of a deployment see of Google Cloud, in place of gcloud.

There is no Cloud Run here. A function's newest revision is named by the bundle that Terraform's
state has for it; which one serves, what requests were answered with and the canary's key are files
in the folder STAND_IN. Every call is a line of its `calls`.
"""

import json
import os
import sys
from pathlib import Path


def folder() -> Path:
    """Return where it is kept what the cloud is like."""
    return Path(os.environ["STAND_IN"])


def main(words: list[str]) -> None:
    """Do what a command line of gcloud asks for, of those that the scripts use."""
    with (folder() / "calls").open("a") as calls:
        calls.write(" ".join(words) + "\n")
    options = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    match [word for word in words if not word.startswith("--")]:
        case ["run", "services", "describe", service]:
            describe(service, options["format"])
        case ["run", "services", "update-traffic", service]:
            pinned = folder() / f"serving-{service}"
            pinned.unlink(missing_ok=True)
            if "to-revisions" in options:
                revision = options["to-revisions"].removesuffix("=100")
                pinned.write_text(revision)
                sys.exit(1 if revision == "refused" else 0)
        case ["logging", "read", query]:
            revision = query.partition('revision_name="')[2].partition('"')[0]
            service = revision.rpartition("-")[0]
            statuses = folder() / f"statuses-{service}-{options['freshness']}"
            print(statuses.read_text() if statuses.exists() else "")
        case ["auth", "print-identity-token"]:
            print(f"a-token-for-{options['audiences']}")
        case ["secrets", "versions", "access", "latest"]:
            print((folder() / "canary-key").read_text())
        case unknown:
            sys.exit(f"gcloud: nobody asked for {unknown} before")


def describe(service: str, field: str) -> None:
    """Print the newest revision of a service, or the one that serves."""
    pinned = folder() / f"serving-{service}"
    if "traffic" in field and pinned.exists():
        print(pinned.read_text())
    else:
        print(newest(service))


def newest(service: str) -> str:
    """Return the revision that was made of the bundle that is deployed."""
    state = json.loads(Path(os.environ["STATE"]).read_text())
    [bundle] = [
        instance["attributes"]["build_config"][0]["source"][0]["storage_source"][0]["object"]
        for resource in state["resources"]
        if resource["type"] == "google_cloudfunctions2_function"
        for instance in resource["instances"]
        if instance["attributes"]["name"] == service
    ]
    return f"{service}-{Path(bundle).stem[:8]}"


if __name__ == "__main__":
    main(sys.argv[1:])
