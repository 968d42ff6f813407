"""The lossy part of the record: newest progress and newest log lines, stored in batches."""

from __future__ import annotations

from rekuest.server.service.saving import save
from rekuest.server.store.commands import SaveLogs, SaveProgress
from rekuest.server.store.rows import LogRow, ProgressRow
from rekuest.server.store.store import Store

LINES_A_BATCH = 10_000  # more between two flushes are dropped: logs are lossy by contract


class Tail:
    """Keeps progress and log lines until the next flush."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._progress: dict[str, ProgressRow] = {}
        self._logs: list[LogRow] = []

    def progress(self, row: ProgressRow, ephemeral: bool) -> None:
        """Note the newest progress of a call."""
        if not ephemeral:
            self._progress[row.assignation] = row

    def log(self, row: LogRow, ephemeral: bool) -> None:
        """Note a log line."""
        if not ephemeral and len(self._logs) < LINES_A_BATCH:
            self._logs.append(row)

    def flush(self) -> None:
        """Hand what was noted to the store."""
        if self._progress:
            save(self._store, SaveProgress(tuple(self._progress.values())))
            self._progress.clear()
        if self._logs:
            save(self._store, SaveLogs(tuple(self._logs)))
            self._logs.clear()
