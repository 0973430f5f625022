"""`vigil backtest` as somebody at a terminal meets it, in a process of its own."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import yaml

from tests.functions.terminal import Terminal
from tests.repository.tree import ROOT
from tests.samples import SAMPLE, sample_in_order_of_time, sample_lines
from vigil.model.threshold_meaning import DEFAULTS

QUICK = "thresholds: {window_seconds: 10, allowed_lateness_seconds: 5}"


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_the_sample_is_told_as_the_readme_shows_it(terminal: Terminal) -> None:
    _, _, rest = (
        (ROOT / "README.md").read_text().partition("vigil backtest samples/shop.ndjson.gz\n")
    )
    promised = [line for line in rest.partition("```")[0].split("\n") if line]

    done = terminal.vigil("backtest", str(SAMPLE))

    shown = re.sub(r"\s+", " ", done.stdout.decode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(promised) > 1
    assert [line for line in promised if line.strip() not in shown] == []
    assert re.search(r"It took \d+\.\d s, [\d,]+ entries/s\.", shown)


def test_the_commands_of_the_readme_work(terminal: Terminal) -> None:
    section = (ROOT / "README.md").read_text().partition("## Try settings on your own logs")[2]
    blocks = re.findall(r"```\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    commands = "".join(block.partition("\n\n")[0] + "\n" for block in blocks)
    (terminal.folder / "samples").symlink_to(SAMPLE.parent)

    done = subprocess.run(
        ["sh", "-e", "-c", f'vigil() {{ "$0" -m vigil "$@"; }}\n{commands}', sys.executable],
        cwd=terminal.folder,
        env=terminal.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert commands.count("vigil backtest") > 3
    assert (done.returncode, done.stderr) == (0, "")
    assert (terminal.folder / "report.html").read_text().startswith("<!doctype html>")


def test_printed_settings_are_all_settings_with_their_defaults(terminal: Terminal) -> None:
    printed = terminal.line("backtest", "--print-config")

    assert yaml.safe_load(printed) == {"thresholds": dict(DEFAULTS)}


@pytest.mark.slow
def test_every_wrapping_of_an_export_gives_the_same_answer(
    terminal: Terminal, tmp_path: Path
) -> None:
    entries = sample_in_order_of_time()
    lines = b"".join(orjson.dumps(entry) + b"\n" for entry in entries)
    exports = {
        "lines.json": lines,
        "newest_first.json.gz": gzip.compress(orjson.dumps(entries[::-1])),
    }
    for name, content in exports.items():
        (tmp_path / name).write_bytes(content)

    answers = [json.loads(terminal.line("backtest", "--json", name)) for name in exports]
    piped = terminal.vigil("backtest", "-", "--json", given=gzip.compress(lines))
    answers.append(json.loads(piped.stdout))

    assert answers[0]["received"] == 5040
    found = [answer["configurations"] for answer in answers]
    assert {each["endpoint"] for each in found[0][0]["found"]} >= {"POST /payment"}
    assert found == [found[0]] * 3


def test_two_configurations_are_compared(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(QUICK)

    shown = terminal.line("backtest", str(SAMPLE), "--against", "quick.yaml")

    assert re.search(r"\d+ in both, \d+ only in A, \d+ only in B", shown)
    assert "B: quick.yaml, with window_seconds 10, allowed_lateness_seconds 5" in shown


def test_a_file_that_breaks_off_is_judged_up_to_there(terminal: Terminal, tmp_path: Path) -> None:
    lines = sample_lines()[:100]
    export = gzip.compress(b"\n".join([*lines, b"{", *lines]) + b"\n")
    (tmp_path / "export.gz").write_bytes(export[:-4])

    done = terminal.vigil("backtest", "--json", "--html", "report.html", "export.gz")
    answer = json.loads(done.stdout)

    assert done.returncode == 2
    assert done.stderr == b"vigil: export.gz: is damaged\n"
    assert (answer["received"], answer["invalid"], answer["duplicate"]) == (201, 1, 100)
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["missing"], "missing: No such file or directory", id="no such file"),
        pytest.param([], "name at least one file", id="no file"),
        pytest.param(
            [str(SAMPLE), "--config", "wrong.yaml"], "error_rate: 7 is not", id="settings"
        ),
        pytest.param([str(SAMPLE), "--html", "no/where.html"], "there is no folder no", id="place"),
        pytest.param([str(SAMPLE), "--html", "."], "is a folder", id="a folder as report"),
        pytest.param(
            [str(SAMPLE), "--config", "same.yaml", "--against", "same.yaml"],
            "hold the same settings",
            id="nothing to compare",
        ),
        pytest.param([str(SAMPLE), "--tick", "0"], "Invalid value for '--tick'", id="no time"),
        pytest.param(["wrong.yaml"], "nothing in it is a log entry", id="no log"),
    ],
)
def test_what_cannot_be_done_is_said(
    terminal: Terminal, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "wrong.yaml").write_text("thresholds: {error_rate: 7}")
    (tmp_path / "same.yaml").write_text(QUICK)

    done = terminal.vigil("backtest", *arguments)

    assert done.returncode == 2
    assert told in re.sub(r"[\s│]+", " ", done.stderr.decode())
    assert b"Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same.yaml", "wrong.yaml"]
