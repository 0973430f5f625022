"""`vigil demo --quick`: the three scenarios over a real shop, each with the right cause."""

import os
import subprocess
import sys

import pytest

from vigil.local.demo_findings import EXPECTED


@pytest.mark.slow
def test_the_three_scenarios_are_found_and_told_once_each() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", "vigil", "demo", "--quick"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout
    for expected in EXPECTED:
        assert expected.happening in done.stdout
    assert done.stdout.count("CRITICAL: ") == len(EXPECTED)
    assert "Root cause:  GET /inventory" in done.stdout
