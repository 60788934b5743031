import pytest

from lilogic.errors import LilogicError
from lilogic.graph import GateGraph, lgn
from lilogic.zoo import models

GRAPH = GateGraph.build(1, [], [[0]], metadata={"name": "one"})


def test_a_model_is_a_file_or_the_folder_of_a_run(tmp_path):
    lgn.write(GRAPH, tmp_path / "model.lgn")
    assert models.load(str(tmp_path / "model.lgn")).metadata == {"name": "one"}
    assert models.load(str(tmp_path)).metadata == {"name": "one"}


def test_what_is_no_model_says_so(tmp_path):
    with pytest.raises(LilogicError, match="no such run folder"):
        models.load(str(tmp_path / "none"))
    with pytest.raises(LilogicError, match="no such run folder"):
        models.load("\0")
    with pytest.raises(LilogicError, match="again to finish it"):
        models.load(str(tmp_path))


@pytest.mark.parametrize(
    ("recorded", "model", "expected"),
    [
        ("mnist-8k", "x.lgn", "mnist-8k"),
        ("", "folder/x.lgn", "x"),
        ("../../etc/x", "run", "run"),
        ("..", "run", "run"),
        ("-rf", "run", "run"),
        ("two words", "run/", "run"),
    ],
)
def test_a_name_is_recorded_or_the_file_s_and_never_a_path(recorded, model, expected):
    assert models.name(GRAPH.with_metadata(name=recorded), model) == expected
