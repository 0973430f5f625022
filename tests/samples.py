"""The sample export, as tests read it."""

import gzip
from pathlib import Path

import orjson

from tests.repository.tree import ROOT

SAMPLE = ROOT / "samples" / "shop.ndjson.gz"


def sample_lines(path: Path = SAMPLE) -> list[bytes]:
    """Return the lines of the sample, in the order of the file."""
    return gzip.decompress(path.read_bytes()).splitlines()


def sample_in_order_of_time() -> list[dict[str, object]]:
    """Return the sample's entries as `gcloud logging read --order=asc` would."""
    return sorted(map(orjson.loads, sample_lines()), key=lambda entry: str(entry["timestamp"]))
