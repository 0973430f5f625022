"""`vigil deadletters` as an operator meets it, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders import NOON, log_entry
from tests.contract.set_clock import SetClock
from tests.emulators import fresh_project_id
from tests.pubsub_project import PubsubProject
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.local.data_folder import DataFolder
from vigil.local.runtime import SUBSCRIPTIONS
from vigil.logs.log_batch import LogBatch
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Tenant
from vigil.ports import Documents, Message
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.usage import outcomes_of, totals
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.batch_logs import TOPIC as BATCHES
from vigil.workflows.dead_letters import BATCH_LOGS, DETECT, DeadLetterAccounts

SECRET = "the-password-of-jane"
ENTRIES = tuple(log_entry(digest=f"{n:016x}", message=SECRET) for n in range(3))
BATCH = LogBatch("v1-batch", "acme", NOON, ENTRIES, Outcomes()).to_bytes()
ATTRIBUTES = {"event_type": "log_batch", "tenant_id": "acme"}


def vigil(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VIGIL_")}
    settings = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "VIGIL_DATA_DIR": str(folder / "data"),
    }
    return subprocess.run(
        [sys.executable, "-m", "vigil", "deadletters", *arguments],
        capture_output=True,
        cwd=folder,
        env=kept | settings | environment,
        text=True,
        check=False,
    )


def account_for(documents: Documents, letter_id: str) -> None:
    clock = SetClock()
    registry = StoredRegistry(documents, clock)
    registry.create_tenant(Tenant("acme", "Acme", NOON))
    accounts = DeadLetterAccounts(documents=documents, registry=registry, clock=clock)
    accounts.account(DETECT, letter_id, ATTRIBUTES, BATCH)


def outcomes(documents: Documents) -> Outcomes:
    return outcomes_of(totals(documents, "tenants/acme"))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SqliteQueue]:
    """A queue in which an entry that is none and a batch have died; another Vigil runs beside."""
    folder, clock = DataFolder(tmp_path / "data"), SetClock()
    folder.create()
    with (
        folder.lock(),
        closing(SqliteQueue(folder.queue, SUBSCRIPTIONS, clock)) as opened,
        closing(SqliteDocuments(folder.database, DECLARED)) as documents,
    ):
        opened.publish(LOGS, [Message(b"[1]")])
        opened.publish(BATCHES, [Message(BATCH, ATTRIBUTES)])
        for name in (BATCH_LOGS, DETECT):
            while found := opened.pull(name, 9):
                opened.nack(name, [each.ack_id for each in found])
                clock.advance(600)
        [letter] = opened.dead_letters.letters(DETECT, 9)
        account_for(documents, letter.dead_letter_id)
        yield opened


def test_b09_dead_letters_are_seen_and_come_back_while_vigil_runs(
    tmp_path: Path, queue: SqliteQueue
) -> None:
    seen = vigil(tmp_path, "list")
    back = vigil(tmp_path, "replay")

    entry, batch = [line.split("\t") for line in seen.stdout.splitlines()]
    assert entry[0] == BATCH_LOGS
    assert entry[4:] == ["50", "3", "-", "-", "not an object"]
    assert [batch[0], *batch[4:]] == [DETECT, "50", str(len(BATCH)), "log_batch", "acme", "-"]
    assert SECRET not in seen.stdout + seen.stderr + back.stdout + back.stderr
    assert "detect-anomalies\t1 to be delivered again" in back.stdout.splitlines()
    assert [queue.count(name) for name in (BATCH_LOGS, DETECT)] == [1, 1]
    assert queue.dead_letters.letters(DETECT, 9) == []
    documents = SqliteDocuments(DataFolder(tmp_path / "data").database, DECLARED)
    with closing(documents):
        assert outcomes(documents) == Outcomes()


def test_one_subscription_is_replayed_and_no_other(tmp_path: Path, queue: SqliteQueue) -> None:
    done = vigil(tmp_path, "replay", "--subscription", BATCH_LOGS)

    assert done.stdout == "batch-logs\t1 to be delivered again\n"
    assert len(queue.dead_letters.letters(DETECT, 9)) == 1


def test_an_unknown_subscription_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = vigil(tmp_path, "list", "--subscription", "unheard-of")

    assert done.returncode == 2
    assert "unheard-of, only batch-logs, detect-anomalies" in done.stderr


def test_b09_on_google_dead_letters_come_back_from_pubsub(
    tmp_path: Path, pubsub_address: str, firestore_address: str
) -> None:
    project_id = fresh_project_id()
    documents = FirestoreDocuments(project_id, DECLARED, emulator_host=firestore_address)
    with closing(documents), PubsubProject(pubsub_address, project_id) as project:
        project.create_topic(BATCHES)
        project.subscribe(DETECT, BATCHES, with_dead=True)
        project.publisher.publish(BATCHES, [Message(BATCH, ATTRIBUTES)])
        while found := project.pull(DETECT):
            project.answer(DETECT, found, seconds=0)
        [letter] = project.pull(f"{DETECT}-dead")
        project.answer(f"{DETECT}-dead", [letter], seconds=0)
        account_for(documents, letter.message.message_id)
        assert outcomes(documents) == Outcomes(received=3, dead_lettered=3)

        done = vigil(
            tmp_path,
            "replay",
            "--subscription",
            DETECT,
            VIGIL_PROJECT=project_id,
            PUBSUB_EMULATOR_HOST=pubsub_address,
            FIRESTORE_EMULATOR_HOST=firestore_address,
        )

        assert done.stdout == "detect-anomalies\t1 to be delivered again\n", done.stderr
        assert [message.data for message in project.take(DETECT)] == [BATCH]
        assert outcomes(documents) == Outcomes()
