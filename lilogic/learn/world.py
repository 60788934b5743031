"""The processes that train one network together, each with its share of every batch.

``torchrun`` starts them; without it there is one. All hold the same network and draw alike, and add
up what their shares of a batch say of it, so they stay the same. The first one writes the run
folder, from which all go on.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lilogic.errors import LilogicError

if TYPE_CHECKING:
    import torch


def is_launched() -> bool:
    """Whether ``torchrun`` started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def check_alone() -> None:
    """For what trains several networks.

    Raises:
        LilogicError: ``torchrun`` started this process.
    """
    if is_launched():
        raise LilogicError(
            "torchrun trains one network with all its processes; to train several networks, "
            "start the command without torchrun"
        )


def is_leader() -> bool:
    """Whether this process is the one of its world that writes and says things."""
    return not is_launched() or os.environ["RANK"] == "0"


def neighbours() -> int:
    """How many processes of the world share this machine's cores, this one among them."""
    return int(os.environ["LOCAL_WORLD_SIZE"]) if is_launched() else 1


def gpu() -> int:
    """The number of the GPU on this machine that this process has to itself."""
    return int(os.environ["LOCAL_RANK"]) if is_launched() else 0


@dataclass(frozen=True)
class World:
    """The processes that train together.

    Attributes:
        rank: which one of them this is, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def joined(cls, device: torch.device) -> World:
        """The world that this process was started in, once all of it is there.

        Args:
            device: where tensors are that will be added up.
        """
        if not is_launched():
            return cls()
        from torch import distributed

        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
            atexit.register(distributed.destroy_process_group)
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def is_leader(self) -> bool:
        """Whether this process is the one that writes and says things."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Which ones of so many samples are this process's."""
        return slice(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def add(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace tensors of one dtype, in place, by their sums over all processes."""
        if self.size == 1 or not tensors:
            return
        import torch
        from torch import distributed

        flat = torch.cat([each.reshape(-1) for each in tensors])
        distributed.all_reduce(flat)
        parts = torch.split(flat, [each.numel() for each in tensors])
        for each, part in zip(tensors, parts, strict=True):
            each.copy_(part.view_as(each))

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            from torch import distributed

            distributed.barrier()
