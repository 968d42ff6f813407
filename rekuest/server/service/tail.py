"""The lossy part of the record: newest progress and newest log lines, stored in batches."""

from __future__ import annotations

from rekuest.server.service.saving import save
from rekuest.server.store.commands import SaveLogs, SaveProgress
from rekuest.server.store.rows import LogRow, ProgressRow
from rekuest.server.store.store import Store

# More between two flushes is dropped: logs are lossy by contract.
LINES_A_BATCH = 10_000
CHARACTERS_A_BATCH = 4_000_000


class Tail:
    """Keeps progress and log lines until the next flush."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._progress: dict[str, ProgressRow] = {}
        self._logs: list[LogRow] = []
        self._characters = 0  # of the messages in it

    def progress(self, row: ProgressRow, ephemeral: bool) -> None:
        """Note the newest progress of a call."""
        if not ephemeral:
            self._progress[row.assignation] = row

    def log(self, row: LogRow, ephemeral: bool) -> None:
        """Note a log line."""
        is_full = len(self._logs) >= LINES_A_BATCH or self._characters >= CHARACTERS_A_BATCH
        if not ephemeral and not is_full:
            self._logs.append(row)
            self._characters += len(row.message)

    def flush(self) -> None:
        """Hand what was noted to the store."""
        if self._progress:
            save(self._store, SaveProgress(tuple(self._progress.values())))
            self._progress.clear()
        if self._logs:
            save(self._store, SaveLogs(tuple(self._logs)))
            self._logs.clear()
            self._characters = 0
