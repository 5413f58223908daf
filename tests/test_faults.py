"""A disk that fails at any write, fsync or truncate: nothing acknowledged is lost."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.changes import erase, forget, rename, undo
from fewshot.corrections import correct
from fewshot.errors import GalleryMissing, GalleryUnavailable
from fewshot.setting_aside import set_aside
from fewshot.store import Store
from fewshot.upgrades import APPLICATION_ID, UPGRADES
from tests.conftest import draw
from tests.faulty_files import (
    DISK_FULL,
    SYNC_FAILS,
    TORN_WRITE,
    TRUNCATE_FAILS,
    WRITE_FAILS,
    Disk,
    Fault,
    Unreachable,
    faulty_files,
)
from tests.test_corrections import shown
from tests.test_store import RECIPE, enroll

Act = Callable[[Store], object]


def correct_two(store: Store) -> object:
    """A picture that stands under the rejected name, and whose right name is new."""
    return correct(store, shown("two"), rejected=["aqua"], truth="kazuma")


Contents = dict[str, list[str]]

SECRET = b"secret.png"

OPERATIONS: dict[str, tuple[Act, ...]] = {  # the last one meets the fault, those before do not
    "enroll": (lambda store: enroll(store, kazuma="four five"),),
    "rename": (lambda store: rename(store, "aqua", "water"),),
    "forget": (lambda store: forget(store, "aqua"),),
    "erase": (lambda store: erase(store, "aqua"),),
    "correct": (correct_two,),
    "undo correct": (correct_two, undo),
    "quarantine": (lambda store: set_aside(store, [1, 2, 3]),),
    "undo quarantine": (lambda store: set_aside(store, [1, 4]), undo),
    "undo forget": (lambda store: forget(store, "aqua"), undo),
    "undo enroll": (lambda store: enroll(store, kazuma="four five"), undo),
}
FAULTS = {
    "the disk is full": DISK_FULL,
    "a write fails": WRITE_FAILS,
    "a write is cut in half": TORN_WRITE,
    "an fsync fails": SYNC_FAILS,
    "a truncate fails": TRUNCATE_FAILS,
}

at_each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
once_or_for_good = pytest.mark.parametrize("lasting", [False, True], ids=["once", "for good"])


@dataclass(frozen=True)
class Case:
    """An operation, the files it starts from, and what the gallery holds before and after it."""

    act: Act
    files: Path
    before: Contents
    after: Contents


def contents(store: Store) -> Contents:
    """Return all rows of all tables, sound as fewshot and as SQLite see them, without their times.

    Times differ between two runs of one operation.
    """
    assert len(store.identities()) == len(store.names())
    assert len(list(store.vectors())) == store.count()
    ask = store.connection.execute
    assert ask("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert ask("PRAGMA foreign_key_check").fetchall() == []
    tables = ask("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    return {
        table: sorted(
            re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z]+", "then", repr(row))
            for row in ask(f"SELECT * FROM main.{table}")
        )
        for (table,) in tables
    }


def contents_at(path: Path) -> Contents:
    with closing(Store.open(path)) as store:
        return contents(store)


def copied(files: Path, to: Path) -> Path:
    """Copy a gallery with its log as a process leaves them that dies now, and no shared memory."""
    to.mkdir(exist_ok=True)
    for old in to.iterdir():
        old.unlink()
    for file in files.iterdir():
        if not file.name.endswith("-shm"):
            shutil.copyfile(file, to / file.name)
    return to / "gallery.db"


def case_of(operation: str, root: Path) -> Case:
    """Make a gallery of which one part stands in the file and another in its log only."""
    *earlier, act = OPERATIONS[operation]
    live, files = root / "live", root / "files"
    live.mkdir()
    with closing(Store.create(live / "gallery.db", RECIPE)) as store:
        enroll(store, aqua=f"one two {SECRET.decode()}", megumin="two three")
    with closing(Store.open(live / "gallery.db")) as store:
        enroll(store, darkness="six")
        for one in earlier:
            one(store)
        copied(live, files)
    trial = copied(files, root / "trial")
    before = contents_at(trial)
    with closing(Store.open(trial)) as store:
        act(store)
    return Case(act, files, before, contents_at(trial))


@pytest.fixture(scope="module", params=OPERATIONS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_of(request.param, tmp_path_factory.mktemp("case"))


def old_gallery(files: Path) -> None:
    """Make a gallery as the first version did, with one picture in it."""
    files.mkdir()
    with closing(sqlite3.connect(files / "gallery.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        UPGRADES[0](connection)
        connection.execute("INSERT INTO recipe VALUES (1, ?)", (RECIPE.to_json(),))
        connection.execute("INSERT INTO identities (name) VALUES ('aqua')")
        connection.execute(
            "INSERT INTO picture_references VALUES (1, 1, ?, ?, '/one.png', '0 0 9 9', 'then')",
            (bytes(32), bytes(16)),
        )
        connection.execute("INSERT INTO thumbnails VALUES (1, x'00')")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        with faulty_files(tmp_path / "gallery") as one:
            yield one
    except Unreachable as error:
        pytest.skip(str(error))


def attempts(
    files: Path, disk: Disk, fault: Fault, lasting: bool, tmp_path: Path
) -> Iterator[Path]:
    """Yield the gallery anew, its nth call failing, n from 1 until there is no nth call."""
    for nth in count(1):
        path = copied(files, tmp_path / "gallery")
        disk.break_(fault, nth, lasting=lasting)
        yield path
        disk.mend()
        if not disk.failed:
            return


@once_or_for_good
@at_each_fault
def test_on_a_failing_disk_an_operation_says_it_is_done_or_is_whole_or_not_there(
    case: Case, disk: Disk, fault: Fault, lasting: bool, tmp_path: Path
) -> None:
    for path in attempts(case.files, disk, fault, lasting, tmp_path):
        possible = [case.after]
        with closing(Store.open(path)) as store:  # closed on the failing disk too
            try:
                case.act(store)
            except GalleryUnavailable:
                possible = [case.before, case.after]
        disk.mend()
        assert contents_at(path) in possible


@at_each_fault
def test_so_it_is_where_the_process_dies_after_it(
    case: Case, disk: Disk, fault: Fault, tmp_path: Path
) -> None:
    for path in attempts(case.files, disk, fault, True, tmp_path):
        possible = [case.after]
        with closing(Store.open(path)) as store:
            try:
                case.act(store)
            except GalleryUnavailable:
                possible = [case.before, case.after]
            dead = copied(path.parent, tmp_path / "gallery-dead")
            disk.mend()
            assert contents_at(dead) in possible


@at_each_fault
def test_when_the_disk_is_well_again_the_same_store_goes_on(
    case: Case, disk: Disk, fault: Fault, tmp_path: Path
) -> None:
    for path in attempts(case.files, disk, fault, True, tmp_path):
        with closing(Store.open(path)) as store:
            try:
                case.act(store)
            except GalleryUnavailable:
                disk.mend()
                assert contents(store) == case.before
                case.act(store)
        disk.mend()
        assert contents_at(path) == case.after


def test_what_cannot_be_synced_is_not_acknowledged(case: Case, disk: Disk, tmp_path: Path) -> None:
    path = copied(case.files, tmp_path / "gallery")
    disk.break_(SYNC_FAILS, 1, lasting=True)
    with closing(Store.open(path)) as store, pytest.raises(GalleryUnavailable):
        case.act(store)


def test_a_failed_operation_keeps_no_lock(case: Case, disk: Disk, tmp_path: Path) -> None:
    for path in attempts(case.files, disk, DISK_FULL, True, tmp_path):
        with closing(Store.open(path)) as store:
            try:
                case.act(store)
            except GalleryUnavailable:
                disk.mend()
                with closing(Store.open(path)) as rival:
                    rival.connection.execute("PRAGMA busy_timeout = 0")
                    case.act(rival)
            assert contents(store) == case.after


@at_each_fault
def test_erased_is_said_only_of_bytes_that_stand_in_no_file(
    disk: Disk, fault: Fault, tmp_path: Path
) -> None:
    case = case_of("erase", tmp_path)
    answers = set()
    for path in attempts(case.files, disk, fault, True, tmp_path):
        with closing(Store.open(path)) as store, suppress(GalleryUnavailable):
            answers.add(erased := erase(store, "aqua").erased)
            stands = [file.name for file in path.parent.iterdir() if SECRET in file.read_bytes()]
            assert not erased or not stands
    assert answers == {False, True}


@once_or_for_good
@at_each_fault
def test_an_upgrade_that_failed_is_made_by_the_next_attempt(
    disk: Disk, fault: Fault, lasting: bool, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    old_gallery(files)
    after = contents_at(copied(files, tmp_path / "trial"))
    assert after["picture_references"]
    for path in attempts(files, disk, fault, lasting, tmp_path):
        with suppress(GalleryUnavailable):
            Store.open(path).close()
        disk.mend()
        assert contents_at(path) == after


@once_or_for_good
@at_each_fault
def test_a_gallery_whose_making_failed_is_made_by_the_next_attempt(
    disk: Disk, fault: Fault, lasting: bool, tmp_path: Path
) -> None:
    for nth in count(1):
        path = tmp_path / f"gallery-{nth}.db"
        disk.break_(fault, nth, lasting=lasting)
        try:
            Store.create(path, RECIPE).close()
        except GalleryUnavailable:
            disk.mend()
            with suppress(GalleryMissing):
                Store.open(path).close()
        disk.mend()
        with closing(Store.create(path, RECIPE)) as store:
            enroll(store, aqua="one")
            assert store.recipe == RECIPE
            assert store.names() == ["aqua"]
        if not disk.failed:
            return


@once_or_for_good
def test_a_recognizer_knows_nobody_whose_enrollment_failed_and_enrolls_them_then(
    disk: Disk, tmp_path: Path, lasting: bool
) -> None:
    with Recognizer.create(tmp_path / "gallery.db", threads=1) as recognizer:
        recognizer.enroll([draw("red", 1), draw("red", 2)], "red")
        for nth in count(1):
            disk.break_(DISK_FULL, nth, lasting=lasting)
            try:
                recognizer.enroll(draw("blue", 1), "blue")
            except GalleryUnavailable:
                disk.mend()
                assert recognizer.match(draw("blue", 3)).guess == "red"
                recognizer.enroll(draw("blue", 1), "blue")
            assert recognizer.match(draw("blue", 3)).guess == "blue"
            disk.mend()
            recognizer.forget("blue")
            if not disk.failed:
                return


@at_each_fault
def test_the_disk_of_these_tests_does_fail(disk: Disk, fault: Fault, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gallery.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        disk.break_(fault, 1, lasting=True)
        with pytest.raises(sqlite3.OperationalError, match=r"disk (I/O error|is full)"):
            connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
                if fault == TRUNCATE_FAILS
                else "INSERT INTO t VALUES (1)"
            )
        assert disk.failed >= 1


@pytest.mark.parametrize(("lasting", "failed"), [(False, [0, 1, 1, 1]), (True, [0, 1, 2, 3])])
def test_a_fault_comes_once_or_for_good_from_the_nth_call_on(
    disk: Disk, lasting: bool, failed: list[int]
) -> None:
    disk.break_(WRITE_FAILS, 2, lasting=lasting)
    seen = []
    for _ in range(4):
        disk.meets("sync")
        disk.meets("write")
        seen.append(disk.failed)
    assert seen == failed
    assert disk.counts == {"sync": 4, "write": 4}


def test_a_torn_write_leaves_its_first_half(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "gallery.db"
    disk.break_(TORN_WRITE, 1, lasting=True)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.OperationalError):
        connection.executescript("PRAGMA journal_mode = OFF; CREATE TABLE t (x)")
    assert path.read_bytes()[:16] == b"SQLite format 3\0"
    assert path.stat().st_size == 2048


def test_other_files_have_a_sound_disk(disk: Disk, tmp_path: Path) -> None:
    disk.break_(DISK_FULL, 1, lasting=True)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert not disk.counts


def test_a_connection_outlives_the_faulty_disk(tmp_path: Path) -> None:
    try:
        with faulty_files(tmp_path / "gallery") as disk:
            connection = sqlite3.connect(tmp_path / "gallery.db", isolation_level=None)
            disk.break_(DISK_FULL, 1, lasting=True)
    except Unreachable as error:
        pytest.skip(str(error))
    with closing(connection):
        connection.execute("CREATE TABLE t (x)")
    assert not disk.counts


def test_an_operation_writes_and_syncs_often_enough_to_be_cut_short(
    case: Case, disk: Disk, tmp_path: Path
) -> None:
    path = copied(case.files, tmp_path / "gallery")
    with closing(Store.open(path)) as store:
        case.act(store)
    assert disk.counts["write"] >= 10
    assert disk.counts["sync"] >= 3
