"""TensorBoard's events, in the run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilogic.extras import needs
from lilogic.learn.callbacks.trackers import Tracker, scalars
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard(Tracker):
    """Writes each epoch's metrics to the run folder as events, those of earlier epochs too.

    Raises:
        MissingExtraError: the package tensorboard is missing.
    """

    def __init__(self, run: RunFolder) -> None:
        with needs("tensorboard", "tensorboard"):
            from torch.utils.tensorboard import SummaryWriter
        super().__init__(run)
        self._make_writer = SummaryWriter
        self._writer: SummaryWriter | None = None

    def begin(self, done: int) -> None:
        """See ``Tracker``; TensorBoard forgets what earlier events said."""
        self._writer = self._make_writer(str(self.run.tensorboard), purge_step=0)
        for entry in self.run.history(done):
            self.epoch(entry)

    def end(self, is_whole: bool) -> None:
        """See ``Tracker``."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        assert self._writer is not None
        for name, value in scalars(result).items():
            self._writer.add_scalar(name, value, result.epoch + 1)
        self._writer.flush()
