"""One server a file: the lock beside the record, which names the process that has it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rekuest.server.store.errors import StoreError

if sys.platform == "win32":
    import msvcrt

    # Windows locks bytes against reading too, so the locked byte lies far behind the pid.
    _FAR = 1 << 30

    def _take(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["RecordLock"]


class RecordLock:
    """A lock that the operating system gives back when its process dies, however it dies."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._path = record.with_name(record.name + ".lock")
        self._descriptor: int | None = None  # open while the lock is held

    def acquire(self) -> None:
        """Take the lock.  The file stays when it is given back: removing it would race with the next owner.

        Raises:
            StoreError: Another process has it, or this one has it twice.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(descriptor)
        except OSError as exc:
            os.lseek(descriptor, 0, os.SEEK_SET)
            holder = os.read(descriptor, 32)
            os.close(descriptor)
            pid = holder.decode("ascii", "replace").strip() or "unknown"
            raise StoreError(
                f"record '{self._record}' is in use by process {pid}: stop that server, "
                "or start this one with another --data-dir"
            ) from exc
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back.  Again does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
