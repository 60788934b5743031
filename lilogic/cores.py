"""How many threads to start: what the process may use of the machine, not what the machine has.

A container often sees all of the machine's processors, but is granted the time of a few.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lilogic.errors import LilogicError


def threads(asked: int | None = None, most: int | None = None) -> int:
    """How many threads to start.

    Args:
        asked: how many are wanted; default: one for each core that can be used, or ``most``.
        most: how many there can be.

    Raises:
        LilogicError: another number was asked for than there can be.
    """
    if asked is None:
        return usable() if most is None else min(usable(), most)
    if asked < 1:
        raise LilogicError(f"threads is {asked}, but must be at least 1", option="threads")
    if most is not None and asked > most:
        raise LilogicError(f"threads is {asked}, but at most {most} can run here", option="threads")
    return asked


def usable() -> int:
    """Cores that this process may keep busy: those it may run on, as far as its quota goes."""
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    # Of a part of a core, a thread more makes use.
    return min([cores, *(math.ceil(quota) for quota in _quotas(Path("/")))])


def _quotas(root: Path) -> Iterator[float]:
    """The quotas of the process's control groups, version 1 or 2, and of those above, in cores."""
    try:
        groups = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for group in groups:
        controllers, _, name = group.partition(":")[2].partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounted = root / "sys/fs/cgroup" / controllers
        # Within a container, the name may be that outside, and the group be what is mounted.
        path = PurePosixPath(name.strip("/"))
        for folder in (path, *path.parents):
            quota = _quota(mounted / folder)
            if quota is not None:
                yield quota


def _quota(group: Path) -> float | None:
    """A control group's quota in cores; None where there is none."""
    try:
        if (group / "cpu.max").exists():
            granted, period = (group / "cpu.max").read_text("utf-8").split()
        else:
            granted, period = (
                (group / f"cpu.cfs_{name}_us").read_text("utf-8") for name in ("quota", "period")
            )
        quota = float(granted) / float(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return quota if 0 < quota < math.inf else None
