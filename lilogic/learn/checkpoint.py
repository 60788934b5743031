"""Checkpoints: the tensors of a training after an epoch, in one file that is whole or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lilogic.errors import FormatError
from lilogic.files import replacing


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training.

    Attributes:
        epochs: how many are done.
        data_hash: SHA-256 of the data that it is trained on.
        tensors: by name.
    """

    epochs: int
    data_hash: str
    tensors: Mapping[str, torch.Tensor]

    def digest(self) -> str:
        """SHA-256 over everything: tensors as name, dtype, shape and bytes, sorted by name."""
        digest = hashlib.sha256(f"{self.epochs} {self.data_hash}\n".encode())
        for name in sorted(self.tensors):
            array = self.tensors[name].cpu().numpy()
            digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write ``checkpoint`` in one atomic step.

    Raises:
        LilogicError: the file cannot be written.
    """
    tensors = {name: value.contiguous() for name, value in checkpoint.tensors.items()}
    header = {
        "epochs": str(checkpoint.epochs),
        "data": checkpoint.data_hash,
        "sha256": checkpoint.digest(),
    }
    with replacing(path) as temporary:
        save_file(tensors, temporary, header)


def read(path: Path) -> Checkpoint:
    """Read what ``write`` wrote.

    Raises:
        FormatError: the file is missing, damaged or no checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        checkpoint = Checkpoint(int(header["epochs"]), header["data"], tensors)
        if header["sha256"] != checkpoint.digest():
            raise ValueError("its checksum does not match")
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FormatError(f"{path}: not a checkpoint of this run ({reason})") from error
    return checkpoint
