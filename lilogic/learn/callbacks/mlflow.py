"""MLflow's runs: where its environment variables say, or else in the run folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from lilogic.errors import ToolError
from lilogic.extras import needs
from lilogic.files import write_json
from lilogic.learn.callbacks.trackers import Tracker, outcome, scalars, settings
from lilogic.learn.metrics import Epoch
from lilogic.learn.run import RunFolder

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_EXPERIMENT = "lilogic"
_STORE = "mlflow.db"
"""In the run folder."""

_RECORD = "mlflow.json"
"""Which run of MLflow's a run folder is."""

_MOST = 100
"""Parameters that MLflow takes at once."""

_LONGEST = 6000
"""Characters of a parameter."""


class MLflow(Tracker):
    """Logs the recipe as parameters and each epoch's metrics; a resumed run goes on as the same.

    ``MLFLOW_TRACKING_URI`` says where to, by default ``mlflow.db`` in the run folder;
    ``MLFLOW_EXPERIMENT_NAME`` the experiment, which is called ``lilogic`` by default.

    Raises:
        MissingExtraError: the package mlflow is missing.
    """

    def __init__(self, run: RunFolder) -> None:
        # It tells how it makes its database; its own variable has it tell again.
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        with needs("mlflow", "mlflow"):
            from mlflow.tracking import is_tracking_uri_set
        super().__init__(run)
        # MLflow's own default is a database in the folder in which the process happens to run.
        is_named = is_tracking_uri_set()  # type: ignore[no-untyped-call]
        self._uri = None if is_named else f"sqlite:///{run.path.absolute() / _STORE}"
        self._id: str | None = None
        self._logged = 0

    @cached_property
    def _client(self) -> MlflowClient:
        """Opens the store, which may be in the run folder, once the run has claimed that."""
        from mlflow.tracking import MlflowClient

        return MlflowClient(self._uri)

    def begin(self, done: int) -> None:
        """See ``Tracker``."""
        with _one_line():
            self._id = self._known() or self._made()
            self._client.update_run(self._id, status="RUNNING")
            logged = self._client.get_metric_history(self._id, "loss")
        self._logged = max((each.step for each in logged), default=0)
        for entry in self.run.history(done):
            self.epoch(entry)

    def end(self, is_whole: bool) -> None:
        """See ``Tracker``."""
        if self._id is None:
            return
        with _one_line():
            if is_whole:
                self._log(outcome(self.run), self._logged)
            self._client.set_terminated(self._id, "FINISHED" if is_whole else "KILLED")
        self._id = None

    def epoch(self, result: Epoch) -> None:
        """See ``Callback``; what MLflow knows already is not logged again."""
        if result.epoch + 1 > self._logged:
            self._logged = result.epoch + 1
            with _one_line():
                self._log(scalars(result), self._logged)

    def _log(self, values: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        assert self._id is not None
        now = int(1000 * time.time())
        metrics = [Metric(name, float(value), now, step) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def _known(self) -> str | None:
        """The id of this run folder's run, where the store still has it."""
        from mlflow.exceptions import MlflowException

        try:
            recorded = json.loads((self.run.path / _RECORD).read_text("utf-8"))["run_id"]
            run_id: str = self._client.get_run(recorded).info.run_id
        except (OSError, ValueError, KeyError, TypeError, MlflowException):
            return None
        return run_id

    def _made(self) -> str:
        """The id of a new run, which has the recipe as parameters."""
        from mlflow.entities import Param

        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", _EXPERIMENT)
        known = self._client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else self._client.create_experiment(name)
        made: str = self._client.create_run(experiment, run_name=self.run.path.name).info.run_id
        params = [
            Param(key, json.dumps(value)[:_LONGEST]) for key, value in settings(self.run).items()
        ]
        for first in range(0, len(params), _MOST):
            self._client.log_batch(made, params=params[first : first + _MOST])
        write_json(self.run.path / _RECORD, {"run_id": made})
        return made


@contextmanager
def _one_line() -> Iterator[None]:
    """Errors of MLflow meanwhile are one line."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        reason = str(error).strip().splitlines()[0]
        raise ToolError(
            f"MLflow: {reason}; check MLFLOW_TRACKING_URI, the server to log to"
        ) from error
