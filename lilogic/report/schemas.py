"""JSON Schema of every report.

``python -m lilogic.report.schemas docs/reference/schemas`` writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from lilogic.files import write_text
from lilogic.graph.metadata import Metadata
from lilogic.report.models import (
    activity,
    board,
    compiled,
    cost,
    datasheet,
    doctor,
    evaluation,
    explanation,
    graph,
    simulation,
    sweep,
    tapeout,
    timing,
    training,
    zoo,
)

SCHEMAS: dict[str, type[BaseModel]] = {
    "metadata": Metadata,
    "model": graph.ModelSummary,
    "zoo": zoo.ZooEntry,
    "cost": cost.CostEstimate,
    "frontier": cost.FrontierReport,
    "explanation": explanation.Explanation,
    "formula": explanation.Formula,
    "evaluation": evaluation.EvaluationReport,
    "training": training.TrainingSummary,
    "folds": training.CrossValidation,
    "seeds": training.SeedsReport,
    "sweep": sweep.SweepReport,
    "report": compiled.CompileReport,
    "verification": compiled.Verification,
    "simulation": simulation.SimulationReport,
    "activity": activity.ActivityReport,
    "datasheet": datasheet.Datasheet,
    "pipeline": timing.PipelineReport,
    "board": board.BoardReport,
    "board-measurement": board.BoardMeasurement,
    "tapeout": tapeout.TapeoutReport,
    "diagnosis": doctor.Diagnosis,
}
"""The model of each kind of JSON."""


def text(name: str) -> str:
    """The schema called ``name``, as it is published."""
    return json.dumps(SCHEMAS[name].model_json_schema(mode="serialization"), indent=2) + "\n"


def main() -> None:
    """Write all schemas into the folder that is named on the command line."""
    folder = Path(sys.argv[1])
    for name in SCHEMAS:
        write_text(folder / f"{name}.json", text(name))


if __name__ == "__main__":
    main()
