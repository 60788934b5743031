"""How many threads are started, whatever the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lilogic import cores
from lilogic.errors import LilogicError


def quotas(root: Path, groups: str, files: dict[str, str]) -> list[float]:
    """What is found in a file system with these control groups."""
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return [*cores._quotas(root)]


V1 = "sys/fs/cgroup/cpu,cpuacct"


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/", {"sys/fs/cgroup/cpu.max": "150000 100000"}, [1.5]),
        ("0::/", {"sys/fs/cgroup/cpu.max": "max 100000"}, []),
        ("0::/", {}, []),
        (
            "0::/jobs/mine",
            {
                "sys/fs/cgroup/jobs/cpu.max": "400000 100000",
                "sys/fs/cgroup/jobs/mine/cpu.max": "800000 100000",
            },
            [8.0, 4.0],
        ),
        (
            "3:memory:/\n1:cpu,cpuacct:/docker/0123\n0::/",
            {f"{V1}/cpu.cfs_quota_us": "50000", f"{V1}/cpu.cfs_period_us": "100000"},
            [0.5],
        ),
        (
            "1:cpu,cpuacct:/",
            {f"{V1}/cpu.cfs_quota_us": "-1", f"{V1}/cpu.cfs_period_us": "100000"},
            [],
        ),
        ("0::/", {"sys/fs/cgroup/cpu.max": "damaged"}, []),
        ("nothing of the kind", {}, []),
    ],
)
def test_quotas_are_those_of_all_control_groups(
    tmp_path: Path, groups: str, files: dict[str, str], expected: list[float]
) -> None:
    assert quotas(tmp_path, groups, files) == expected


def test_without_control_groups_there_are_no_quotas(tmp_path: Path) -> None:
    assert [*cores._quotas(tmp_path)] == []


@pytest.mark.parametrize(
    ("granted", "expected"), [([], 6), ([8.0], 6), ([2.5, 4.0], 3), ([0.1], 1)]
)
def test_usable_cores_are_those_of_the_affinity_and_the_quota(
    monkeypatch: pytest.MonkeyPatch, granted: list[float], expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr(cores, "_quotas", lambda _: iter(granted))
    assert cores.usable() == cores.threads() == expected
    assert cores.threads(most=2) == min(2, expected)


def test_threads_are_as_many_as_asked_or_refused() -> None:
    assert cores.threads(99) == 99
    assert cores.threads(2, most=2) == 2
    with pytest.raises(LilogicError, match="threads is 99, but at most 2 can run here"):
        cores.threads(99, most=2)
    for few in (0, -1):
        with pytest.raises(LilogicError, match=f"threads is {few}, but must be at least 1"):
            cores.threads(few)
