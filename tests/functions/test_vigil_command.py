"""The `vigil` command as somebody at a terminal meets it, in a process of its own."""

import gzip
import json
import lzma
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from tests.children import child, said
from tests.functions.terminal import Terminal
from tests.repository.tree import ROOT
from tests.samples import SAMPLE, sample_in_order_of_time, sample_lines

KEYS = {
    "received",
    "processed",
    "duplicate",
    "filtered",
    "rate_limited",
    "invalid",
    "dead_lettered",
    "anomalies",
    "incidents",
    "alerts",
    "notifications",
    "seconds",
    "entries_per_second",
    "found",
}
HOLD_LOCK = """
import pathlib, sys
from vigil.local.data_folder import DataFolder
with DataFolder(pathlib.Path(sys.argv[1])).lock():
    print("locked", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def found(answer: Mapping[str, object]) -> Mapping[str, object]:
    """Return what a replay found, without how long it took."""
    return {name: value for name, value in answer.items() if name in KEYS - {"seconds"}} | {
        "entries_per_second": None
    }


def test_help_is_quick_since_it_imports_nothing_heavy(terminal: Terminal) -> None:
    program = "import sys, vigil.__main__; print(*sys.modules)"

    with child(program) as process:
        imported = set(said(process).split())

    heavy = {"fastapi", "httpx", "starlette", "uvicorn", "vigil.local.replay", "sqlite3"}
    assert "typer" in imported
    assert not imported & heavy
    assert "replay" in terminal.line("--help")


def test_the_sample_is_told_as_the_readme_shows_it(terminal: Terminal) -> None:
    _, _, rest = (ROOT / "README.md").read_text().partition("vigil replay samples/shop.ndjson.gz\n")
    promised = rest.partition("```")[0].split("\n")

    done = terminal.vigil("replay", str(SAMPLE))

    shown = re.sub(r"\s+", " ", done.stdout.decode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(promised) > 3
    assert [line for line in promised if line not in shown] == []
    assert "Would have been sent: opened" in shown
    assert re.search(r"It took \d+\.\d s, [\d,]+ entries/s\.", shown)


@pytest.mark.slow
def test_every_wrapping_of_an_export_gives_the_same_answer(
    terminal: Terminal, tmp_path: Path
) -> None:
    entries = sample_in_order_of_time()
    lines = b"".join(orjson.dumps(entry) + b"\n" for entry in entries)
    exports = {
        "lines.json": lines,
        "array.json": orjson.dumps(entries, option=orjson.OPT_INDENT_2),
        "newest_first.json.gz": gzip.compress(orjson.dumps(entries[::-1])),
        "lines.xz": lzma.compress(lines),
    }
    for name, content in exports.items():
        (tmp_path / name).write_bytes(content)

    answers = [json.loads(terminal.line("replay", "--json", name)) for name in exports]
    piped = terminal.vigil("replay", "-", "--json", given=gzip.compress(lines))
    answers.append(json.loads(piped.stdout))

    assert answers[0].keys() == KEYS
    assert answers[0]["received"] == 5040
    assert [answers[0][name] for name in ("incidents", "alerts", "notifications")] == [1, 1, 1]
    assert [each["root_cause"]["endpoint"] for each in answers[0]["found"]] == ["POST /payment"]
    assert all(found(answer) == found(answers[0]) for answer in answers)


def test_g1_a06_a_file_that_breaks_off_is_summarised_up_to_there(
    terminal: Terminal, tmp_path: Path
) -> None:
    lines = sample_lines()[:100]
    poison = [b"\x00\xff", b"{", b"7", b"{}"]
    export = gzip.compress(b"\n".join([*lines, *poison, *lines]) + b"\n")
    (tmp_path / "export.gz").write_bytes(export[:-4])

    done = terminal.vigil("replay", "--json", "export.gz")
    answer = json.loads(done.stdout)

    assert done.returncode == 2
    assert done.stderr == b"vigil: export.gz: is damaged\n"
    assert (answer["received"], answer["invalid"], answer["duplicate"]) == (204, 4, 100)
    assert answer["received"] == answer["processed"] + answer["duplicate"] + answer["invalid"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["replay", "missing"], "missing: No such file or directory", id="no file"),
        pytest.param(["replay"], "Missing argument", id="no argument"),
        pytest.param(["reset", "--fast"], "No such option", id="no such option"),
        pytest.param(
            ["keys", "create", "--tenant", "t", "--role", "viewer"],
            "nothing is stored in",
            id="a folder in which nothing is",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_to_do_and_no_traceback(
    terminal: Terminal, arguments: list[str], told: str
) -> None:
    done = terminal.vigil(*arguments)

    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_settings_that_cannot_be_used_are_named_before_anything_is_done(
    terminal: Terminal,
) -> None:
    terminal.settings["VIGIL_API_PORT"] = "eighty"

    done = terminal.vigil("tenants", "create", "Acme")

    assert done.returncode == 2
    assert b"VIGIL_API_PORT" in done.stderr
    assert not (terminal.folder / "data").exists()


@pytest.mark.slow
def test_a_tenant_and_its_keys_from_beginning_to_end(terminal: Terminal) -> None:
    assert terminal.line("tenants", "create", "Acme & Co", "--project", "acme-prod") == "acme-co"
    assert terminal.line("tenants", "list") == "acme-co\tAcme & Co\tacme-prod\tterminal\tlive"

    done = terminal.vigil("keys", "create", "--tenant", "acme-co", "--role", "responder")
    assert re.fullmatch(r"vk1\.acme-co\.[\w-]{43}\n", done.stdout.decode())
    assert b"once" in done.stderr

    key_id, role, *_ = terminal.line("keys", "list", "--tenant", "acme-co").split("\t")
    assert role == "responder"
    assert terminal.line("keys", "revoke", key_id, "--tenant", "acme-co") == ""
    assert "revoked" in terminal.line("keys", "list", "--tenant", "acme-co")


@pytest.mark.slow
def test_reset_forgets_what_is_stored_unless_vigil_runs(terminal: Terminal) -> None:
    data = terminal.folder / "data"
    terminal.line("tenants", "create", "Acme")
    (data / "notes").touch()

    assert b"--yes" in terminal.vigil("reset").stderr
    with child(HOLD_LOCK, str(data)) as holder:
        assert said(holder) == "locked"
        refused = terminal.vigil("reset", "--yes")
    assert (refused.returncode, (data / "vigil.db").exists()) == (2, True)

    terminal.line("reset", "--yes")
    assert sorted(path.name for path in data.iterdir()) == ["lock", "notes"]
    assert "Nothing is stored" in terminal.line("reset", "--yes")


def test_ctrl_c_ends_a_replay_quietly(terminal: Terminal, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "vigil", "replay", str(pipe)],
            env=terminal.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
        # It opens as soon as the other side reads.
        pipe.open("wb"),
    ):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()

    assert (process.returncode, out, err) == (130, b"", b"")
