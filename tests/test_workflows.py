"""What GitHub Actions run fits the project: its versions of Python, and targets of the Makefile."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml")


def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))


def test_tests_run_on_every_version_of_python_that_is_supported() -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    assert workflow("ci")["jobs"]["test"]["strategy"]["matrix"]["python"] == versions


@pytest.mark.parametrize("name", ["ci", "release"])
def test_what_is_made_and_tested_exists(name: str) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    steps = [step for job in workflow(name)["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step.get("run", "") for step in steps)
    assert {*re.findall(r"\bmake ([\w-]+)", commands)} <= {*targets}
    assert all((ROOT / path).exists() for path in re.findall(r"\btests/[\w/]+", commands))
    assert all((ROOT / path / "action.yml").exists() for path in _own_actions(steps))


def _own_actions(steps: list[dict]) -> list[str]:
    return [step["uses"] for step in steps if step.get("uses", "").startswith("./")]
