"""What a function's start takes with the bytecode that its image has, and with other bytecode.

    python -m tests.benchmarks.bytecode [--times N]

An image is made as Google's buildpack makes it: `compileall` over what was in the bundle, and then
all files get the same date. Its bytecode goes by what the files hold (as deployed, with
SOURCE_DATE_EPOCH), or by their dates, which are no longer those that it was compiled with. The last
column has no bytecode of Vigil's at all. What is installed is compiled in all of them. Each start
has a fresh image, as an instance has, and the ways take turns. They are compared by CPU: what else
runs on the machine does not change it much.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from tests.benchmarks.cold_start import FUNCTIONS, OURS, Function, emulated
from tests.benchmarks.processes import ROOT, served

# What the images have as the date of every file: the day after the first that a zip can hold.
_DATE = 315_532_801
_BY_CONTENT = {"SOURCE_DATE_EPOCH": "315532800"}
WAYS: Mapping[str, Mapping[str, str] | None] = {
    "by content": _BY_CONTENT,
    "by date": {},
    "none": None,
}
_CACHES = shutil.ignore_patterns("__pycache__")


def make_image(folder: Path, function: Function, way: str) -> None:
    """Make the folder of a function's code as an instance of it finds it."""
    folder.mkdir()
    shutil.copy(function.folder / "main.py", folder)
    shutil.copytree(ROOT / "shared/vigil", folder / "vigil", ignore=_CACHES)
    if (environment := WAYS[way]) is not None:
        outer = {name: value for name, value in os.environ.items() if name not in _BY_CONTENT}
        subprocess.run(
            [sys.executable, "-m", "compileall", "-f", "-q", "."],
            cwd=folder,
            env={**outer, **environment},
            check=True,
        )
    for path in folder.rglob("*"):
        os.utime(path, (_DATE, _DATE))


def turn(function: Function, way: str, environment: Mapping[str, str], folder: Path) -> float:
    """Start a function once; return the milliseconds of CPU until its first answer."""
    image = folder / "image"
    # The dates are copied too.
    shutil.copytree(folder / way / function.target, image)
    try:
        own = {**environment, "PYTHONPATH": str(image)}
        with served(image / "main.py", function.target, own) as process:
            return process.cpu_seconds() * 1000
    finally:
        shutil.rmtree(image)


def rows(times: int) -> Iterator[str]:
    """Yield the rows of a Markdown table."""
    ours = [function for function in FUNCTIONS if OURS in function.folder.parents]
    with tempfile.TemporaryDirectory() as name, emulated() as environment:
        for way in WAYS:
            (Path(name) / way).mkdir()
            for function in ours:
                make_image(Path(name) / way / function.target, function, way)
        for function in ours:
            rounds = [
                [turn(function, way, environment, Path(name)) for way in WAYS]
                for _ in range(times + 1)
            ][1:]
            figures = " | ".join(f"{median(each):.0f}" for each in zip(*rounds, strict=True))
            yield f"| {function.target} | {figures} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    print(f"| CPU ms until the first answer | {' | '.join(WAYS)} |")
    print(f"|---|{'---|' * len(WAYS)}")
    for row in rows(asked.times):
        print(row)


if __name__ == "__main__":
    main()
