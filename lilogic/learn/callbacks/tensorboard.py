"""TensorBoard's events, in the run folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lilogic.extras import needs
from lilogic.learn.callbacks import Callback
from lilogic.learn.metrics import Epoch
from lilogic.learn.recipe import TrainRecipe
from lilogic.learn.run import RunFolder

if TYPE_CHECKING:
    from typing import Self

    from torch.utils.tensorboard import SummaryWriter

_TAGS = {
    "train": "accuracy/training soft",
    "validation_soft": "accuracy/validation soft",
    "validation_frozen": "accuracy/validation frozen",
    "sharpen_connections": "sharpness/connections",
    "sharpen_gates": "sharpness/gates",
}


class TensorBoard(Callback):
    """Writes each epoch's metrics to the run folder as events, those of earlier epochs too.

    Raises:
        MissingExtraError: the package tensorboard is missing.
    """

    def __init__(self, run: RunFolder) -> None:
        with needs("tensorboard", "tensorboard"):
            from torch.utils.tensorboard import SummaryWriter
        self._make_writer = SummaryWriter
        self._run = run
        self._writer: SummaryWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def member(self, number: int, members: int, run: RunFolder) -> None:
        """See ``Callback``; each member has its own events."""
        self.__exit__()
        self._run, self._writer = run, None

    def finished(self, epochs: int) -> None:
        """See ``Callback``."""
        self._begin(epochs)

    def start(self, settings: TrainRecipe, done: int, steps: int) -> None:
        """See ``Callback``."""
        self._begin(done)

    def _begin(self, done: int) -> None:
        """Events of the epochs done; TensorBoard forgets what earlier ones said."""
        self._writer = self._make_writer(str(self._run.tensorboard), purge_step=0)
        for entry in self._run.history(done):
            self.epoch(entry)

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        assert self._writer is not None
        for name, value in asdict(result).items():
            if name != "epoch" and value is not None:
                self._writer.add_scalar(_TAGS.get(name, name), value, result.epoch + 1)
        self._writer.flush()
