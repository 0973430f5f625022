"""The data folder belongs to one running Vigil, and only its databases are ever removed."""

from pathlib import Path

import pytest

from tests.children import child, said
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import InvalidRequest, InvalidSettings
from vigil.local.data_folder import DataFolder

HOLD_LOCK = """
import pathlib, sys
from vigil.local.data_folder import DataFolder
with DataFolder(pathlib.Path(sys.argv[1])).lock():
    print("locked", flush=True)
    sys.stdin.readline()
"""


def test_nothing_is_made_before_something_is_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")

    assert folder.files() == []
    assert not folder.path.exists()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "deep" / "data")
    folder.create()
    folder.create()

    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_another_process_cannot_lock_it_until_the_first_has_died(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)

    with child(HOLD_LOCK, str(tmp_path)) as holder:
        assert said(holder) == "locked"
        with pytest.raises(InvalidRequest, match="stop it first"), folder.lock():
            pass
        holder.kill()
        holder.wait()
        with folder.lock():
            assert (tmp_path / "lock").exists()


def test_clearing_removes_the_databases_and_nothing_else(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    others = {tmp_path / name for name in ("notes.txt", "vigil.db.bak", "lock")}
    for path in others:
        path.touch()
    SqliteDocuments(folder.database, ()).close()
    folder.queue.touch()
    (tmp_path / "queue.db-wal").touch()

    removed = folder.clear()

    assert set(removed) == {folder.database, folder.queue, tmp_path / "queue.db-wal"}
    assert set(tmp_path.iterdir()) == others
    assert folder.clear() == []


def test_a_folder_that_cannot_be_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(InvalidSettings, match="VIGIL_DATA_DIR"),
        DataFolder(tmp_path / "file" / "data").lock(),
    ):
        pass
