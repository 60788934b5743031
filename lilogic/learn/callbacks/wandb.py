"""Weights & Biases' runs, whose files are in the run folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lilogic.errors import ToolError
from lilogic.extras import needs
from lilogic.learn.callbacks.trackers import Tracker, outcome, scalars, settings
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run

_PROJECT = "lilogic"


class WeightsAndBiases(Tracker):
    """Logs the recipe and each epoch's metrics; a resumed run goes on as the same.

    ``WANDB_MODE=offline`` keeps it in the run folder's ``wandb``, for ``wandb sync`` to send later;
    ``WANDB_PROJECT`` names the project, which is called ``lilogic`` by default.

    Raises:
        MissingExtraError: the package wandb is missing.
    """

    def __init__(self, run: RunFolder) -> None:
        with needs("wandb", "wandb"):
            import wandb
        super().__init__(run)
        self._wandb = wandb
        self._run: Run | None = None

    def begin(self, done: int) -> None:
        """See ``Tracker``."""
        try:
            self._run = self._wandb.init(
                project=os.environ.get("WANDB_PROJECT", _PROJECT),
                name=self.run.path.name,
                dir=str(self.run.path),
                id=self._known(),
                resume="allow",
                reinit="create_new",
                config=settings(self.run),
                settings=self._wandb.Settings(console="off"),
            )
        except self._wandb.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise ToolError(
                f"Weights & Biases: {reason}; log in with wandb login, or set WANDB_MODE=offline"
            ) from error
        # The server knows what it was told; what is offline is a file of its own.
        known = self._run.step if self._run.resumed else 0
        for entry in self.run.history(done)[max(0, known - 1) :]:
            self.epoch(entry)

    def end(self, is_whole: bool) -> None:
        """See ``Tracker``."""
        if self._run is None:
            return
        if is_whole:
            self._run.summary.update(outcome(self.run))
        self._run.finish(exit_code=0 if is_whole else 1)
        self._run = None

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``."""
        assert self._run is not None
        self._run.log(scalars(result), step=result.epoch + 1)

    def _known(self) -> str | None:
        """The id of this run folder's run, if there is one."""
        found = sorted((self.run.path / "wandb").glob("*run-*-*"))
        return found[-1].name.rpartition("-")[2] if found else None
