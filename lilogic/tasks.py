"""Tasks: pieces of work that do not depend on each other.

They are done one after another in this process, or several at once in processes of Ray: on this
machine, or on a cluster. A process that dies takes its task with it, which begins again in another;
what goes on from files that it left, such as a training, is done no more than once.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from lilogic import cores
from lilogic.errors import LilogicError, MissingExtraError, ToolError
from lilogic.extras import needs

_DEATHS = 5
"""How often a task begins again whose process died."""

_STARTS = 3
"""How often Ray is started, which gives its own processes half a minute: too little on a machine
that is busy and has not read their files yet."""

_SHARED_MEMORY = 2**29
"""Bytes for what tasks take and give."""

_REACHED = 10.0
"""Seconds in which a cluster answers."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Workers:
    """Who does tasks.

    Attributes:
        jobs: how many tasks are done at once; default: on this machine one for each core, on a
            cluster as many as there is room for. One needs no Ray where there is no address.
        address: of a Ray cluster, ``auto`` for the one of this machine; default: processes that
            end with the tasks.
        threads: of each task; default: on this machine, its share of the cores; on a cluster, 1.
        gpu: whether each task has a GPU to itself.
    """

    jobs: int | None = 1
    address: str | None = None
    threads: int | None = None
    gpu: bool = False

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise LilogicError(f"jobs is {self.jobs}, but must be at least 1", option="jobs")

    @property
    def are_here(self) -> bool:
        """Whether this process does the tasks."""
        return self.address is None and self.at_once == 1

    @property
    def at_once(self) -> int | None:
        """How many tasks are done at once; None for as many as a cluster has room for."""
        return cores.usable() if self.jobs is None and self.address is None else self.jobs

    @property
    def of_task(self) -> int | None:
        """The threads of each task; None where it has all cores, and may take fewer."""
        if self.threads is not None or self.are_here:
            return self.threads
        return 1 if self.at_once is None else max(1, cores.usable() // self.at_once)


class Each(Protocol):
    """Does the work of all items; see ``pool``."""

    def __call__(
        self, work: Callable[[Item, int | None], Result], items: Iterable[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yields the number of each item, from 0, and its result, as they are done.

        Args:
            work: a function of a module. Takes an item and how many threads it may start, if that
                is limited.
            items: what the work is done of.

        Raises:
            MissingExtraError: Ray is needed, but not installed.
            ToolError: Ray cannot be started or reached, or processes die again and again.
        """


@contextmanager
def pool(workers: Workers, shared: type | None = None) -> Iterator[Each]:
    """What does tasks while the context lasts; Ray, where it is needed, starts with the first.

    Args:
        workers: who does them.
        shared: a data class. Each of its objects is sent to a machine once, and its processes share
            the arrays, however many items hold it.
    """
    with ExitStack() as contexts:
        rays: list[Any] = []

        def each(
            work: Callable[[Item, int | None], Result], items: Iterable[Item]
        ) -> Iterator[tuple[int, Result]]:
            if workers.are_here:
                for number, item in enumerate(items):
                    yield number, work(item, workers.of_task)
                return
            if not rays:
                rays.append(contexts.enter_context(_ray(workers)))
                if shared is not None:
                    contexts.enter_context(_sent_once(rays[0], shared))
            yield from _results(rays[0], work, items, workers)

        yield each


@contextmanager
def _sent_once(ray: Any, shared: type) -> Iterator[None]:
    """Meanwhile, items hold objects of a class by reference, and these are in Ray's store once.

    They leave it once nothing in this process, and no task, needs them.
    """
    stored: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def store(value: Any) -> Any:
        if value not in stored:
            stored[value] = ray.put(vars(value))
        return stored[value]

    def load(reference: Any) -> Any:
        return shared(**ray.get(reference))

    ray.util.register_serializer(shared, serializer=store, deserializer=load)
    try:
        yield
    finally:
        ray.util.deregister_serializer(shared)


def _results(
    ray: Any,
    work: Callable[[Item, int | None], Result],
    items: Iterable[Item],
    workers: Workers,
) -> Iterator[tuple[int, Result]]:
    _check_room(ray, workers)
    remote = ray.remote(work).options(
        num_cpus=workers.of_task, num_gpus=int(workers.gpu), max_retries=_DEATHS
    )
    at_once = workers.at_once or max(1, int(ray.cluster_resources().get("CPU", 1)))
    begun: dict[Any, int] = {}
    left = iter(enumerate(items))
    try:
        while True:
            while len(begun) < at_once and (following := next(left, None)) is not None:
                number, item = following
                begun[remote.remote(item, workers.of_task)] = number
            if not begun:
                return
            (done, *_), _ = ray.wait([*begun])
            number = begun.pop(done)
            yield number, _result(ray, done)
    finally:
        for reference in begun:
            ray.cancel(reference, force=True)


def _check_room(ray: Any, workers: Workers) -> None:
    """Whether some machine can do a task at all; Ray itself would wait for one forever."""
    needed = {"CPU": workers.of_task or 1, "GPU": int(workers.gpu)}
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(
        all(machine.get(kind, 0) >= count for kind, count in needed.items()) for machine in machines
    ):
        cores_ = "a core" if needed["CPU"] == 1 else f"{needed['CPU']} cores"
        raise ToolError(
            f"no machine in the Ray cluster has {cores_}{' and a GPU' * workers.gpu}, which "
            "each task needs"
        )


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[0]
        raise ToolError(
            f"Ray lost a task after its processes died {_DEATHS} times: {reason}"
        ) from error


@contextmanager
def _ray(workers: Workers) -> Iterator[Any]:
    """Ray, started or reached; what was started ends afterwards, whatever its caller uses stays."""
    # Nobody is told of what is done here.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with needs("ray", "ray"):
            import ray
    except MissingExtraError as error:
        raise MissingExtraError(
            f"{error}; with a single job, it is not needed", option="jobs"
        ) from error
    if ray.is_initialized():
        yield ray
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    # Ray says on standard output, which is for results, that a process died.
    with redirect_stdout(sys.stderr):
        with _signals_kept():
            _start(ray, workers)
        try:
            yield ray
        finally:
            ray.shutdown()


def _start(ray: Any, workers: Workers) -> None:
    quietly = {"log_to_driver": False, "logging_level": logging.ERROR}
    if workers.address is not None:
        _check_reachable(workers.address)
        try:
            ray.init(address=workers.address, **quietly)
        except Exception as error:
            reason = str(error).strip().splitlines()[0]
            if "AuthToken" in str(error.__cause__):
                reason = "its token is missing here; set RAY_AUTH_MODE=token on all machines"
            raise ToolError(f"no Ray cluster at {workers.address}: {reason}") from error
        return
    threads = (workers.at_once or 1) * (workers.of_task or 1)
    for left in reversed(range(_STARTS)):
        try:
            ray.init(
                address="local",
                num_cpus=threads,
                include_dashboard=False,
                object_store_memory=_SHARED_MEMORY,
                **quietly,
            )
            return
        except Exception as error:
            ray.shutdown()
            if not left:
                reason = str(error).strip().splitlines()[0]
                raise ToolError(
                    f"Ray does not start here: {reason}; try again when the machine is less busy, "
                    "or with a single job, which needs no Ray"
                ) from error


def _check_reachable(address: str) -> None:
    """Whether anyone answers at ``HOST:PORT``; Ray itself would try for many minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon:
        return  # such as auto, which Ray finds out at once
    try:
        socket.create_connection((host, int(port)), _REACHED).close()
    except (OSError, ValueError) as error:
        raise ToolError(f"no Ray cluster at {address}: {error}") from error


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Who is told to end still does it as before, though Ray would do it in another way."""
    handlers = {told: signal.getsignal(told) for told in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for told, handler in handlers.items():
                signal.signal(told, handler)
