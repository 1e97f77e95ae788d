"""What the daemon remembers over its own death: its jobs, their finished frames and windows.

A SQLite database. Files are synced and renamed before their row is written, so a row never stands
for half of a file; a file without a row is not believed.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final

import msgspec

from sparkvsr.errors import JobError
from sparkvsr.kept import PlanChoice

from ._job import Job, StoredFrame
from ._log import LOG, job_log
from .store import plan_name

SCHEMA: Final = 1
_BALLAST: Final = 4 << 20
_WAL_PAGES: Final = 200

_TABLES: Final = """
CREATE TABLE job (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE frame (
    job TEXT, position INTEGER, trust REAL NOT NULL, crc32 INTEGER NOT NULL,
    PRIMARY KEY (job, position)
) WITHOUT ROWID;
CREATE TABLE window (
    job TEXT, plan TEXT, position INTEGER, nbytes INTEGER NOT NULL, dropped INTEGER NOT NULL,
    PRIMARY KEY (job, plan, position)
) WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO state VALUES ('paused', 0);
"""


class Journal:
    """One open database; for one thread of one process.

    Committed transactions survive the death of the process. A power cut may take the last ones
    back, never leave half of one: then what they told of is computed again. So that it can be
    written while the disk is full, a file beside it holds some room, and is removed then.

    Raises:
        JobError: it was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError:
            aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
            LOG.exception("the journal is damaged; it is kept as %s", aside.name)
            path.replace(aside)
            self._database = _opened(path)
        self._ballast = path.with_name(f"{path.name}.room")
        self.restore_ballast()

    def restore_ballast(self) -> None:
        """Hold some room again for the time when the disk is full."""
        if not self._ballast.exists():
            try:
                self._ballast.write_bytes(bytes(_BALLAST))
            except OSError:
                self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing can be written afterwards."""
        self._database.close()

    def jobs(self) -> list[Job]:
        """All of them, in the order in which they were submitted; those of old versions go."""
        found = []
        for identifier, record in self._database.execute("SELECT id, record FROM job").fetchall():
            try:
                found.append(msgspec.json.decode(record, type=Job))
            except msgspec.MsgspecError:
                job_log(identifier).warning("its record cannot be understood")
                self.forget(identifier)
        return sorted(found, key=lambda job: job.order)

    def save(self, job: Job) -> None:
        """Write a job's record, in place of the one there is."""
        self._write("INSERT OR REPLACE INTO job VALUES (?, ?)", (job.id, msgspec.json.encode(job)))

    def forget(self, job: str) -> None:
        """Remove a job with all that is known of it."""
        for table, column in (("frame", "job"), ("window", "job"), ("job", "id")):
            self._write(f"DELETE FROM {table} WHERE {column} = ?", (job,))  # noqa: S608

    def add_frame(self, job: str, position: int, frame: StoredFrame) -> None:
        """A restored frame is in the store; `position` counts from the first that the job gives."""
        self._write(
            "INSERT OR REPLACE INTO frame VALUES (?, ?, ?, ?)",
            (job, position, frame.trust, frame.crc32),
        )

    def frames(self, job: str) -> list[StoredFrame]:
        """The finished frames from the first on, without a gap."""
        rows = self._database.execute(
            "SELECT position, trust, crc32 FROM frame WHERE job = ? ORDER BY position", (job,)
        )
        return [
            StoredFrame(trust, crc32)
            for expected, (position, trust, crc32) in enumerate(rows)
            if position == expected
        ]

    def drop_frames(self, job: str, first: int) -> None:
        """Frames from `first` on are no longer in the store."""
        self._write("DELETE FROM frame WHERE job = ? AND position >= ?", (job, first))

    def add_window(self, job: str, choice: PlanChoice, position: int, nbytes: int) -> bool:
        """A restored window is in the store; False if it was there before."""
        before = self._database.execute(
            "SELECT 1 FROM window WHERE job = ? AND plan = ? AND position = ?",
            (job, plan_name(choice), position),
        ).fetchone()
        self._write(
            "INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, 0)",
            (job, plan_name(choice), position, nbytes),
        )
        return before is None

    def windows(self, job: str, choice: PlanChoice) -> dict[int, int | None]:
        """Bytes of a plan's restored windows by position; None for those that were done with."""
        rows = self._database.execute(
            "SELECT position, nbytes, dropped FROM window WHERE job = ? AND plan = ?",
            (job, plan_name(choice)),
        )
        return {position: None if dropped else nbytes for position, nbytes, dropped in rows}

    def drop_window(self, job: str, choice: PlanChoice, position: int) -> None:
        """Nobody needs a window any more; its file is gone."""
        self._write(
            "UPDATE window SET dropped = 1 WHERE job = ? AND plan = ? AND position = ?",
            (job, plan_name(choice), position),
        )

    def lose_window(self, job: str, choice: PlanChoice, position: int) -> None:
        """A window's file is not what it should be: it has to be restored again."""
        self._write(
            "DELETE FROM window WHERE job = ? AND plan = ? AND position = ?",
            (job, plan_name(choice), position),
        )

    def lose_dropped_windows(self, job: str) -> None:
        """Windows that were done with may be wanted again."""
        self._write("DELETE FROM window WHERE job = ? AND dropped", (job,))

    def forget_windows(self, job: str) -> None:
        """A job is finished: nobody will ask for its windows."""
        self._write("DELETE FROM window WHERE job = ?", (job,))

    @property
    def paused(self) -> bool:
        """The whole queue waits, until somebody says otherwise."""
        rows = self._database.execute("SELECT value FROM state WHERE name = 'paused'")
        return bool(rows.fetchone()[0])

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._write("UPDATE state SET value = ? WHERE name = 'paused'", (paused,))

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.OperationalError:
            self._ballast.unlink(missing_ok=True)
            try:
                self._database.execute(statement, values)
            except sqlite3.OperationalError as error:
                # What is not remembered is made again after a death; nothing wrong comes of it.
                LOG.error("the journal cannot be written: %s", error)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA:
            raise JobError(
                f"The daemon's journal has schema {found}; this version reads {SCHEMA}.",
                "Update SparkVSR: a newer version has been used here.",
            )
        if found == 0:
            database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check")
    except BaseException:
        database.close()
        raise
    return database
