"""Run the tutorials, and write what they print and draw into them.

    python docs/tutorials/run.py [NAME ...]

Each runs from top to bottom in an empty folder, without your data sets. What is written is what a
reader should see: no progress, no colour codes, and a text alternative for each picture, which the
metadata of its cell has as ``alt``.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def names() -> list[str]:
    """The tutorials that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def path(name: str) -> Path:
    """The notebook of that name."""
    return FOLDER / f"{name}.ipynb"


def executed(name: str, folder: Path) -> NotebookNode:
    """The notebook after it ran in ``folder``, in a kernel of this Python.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path(name), as_version=4)
    environment = {key: value for key, value in os.environ.items() if key != "LILOGIC_DATA"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        startup_timeout=600,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    return tidy(notebook)


def tidy(notebook: NotebookNode) -> NotebookNode:
    """The notebook with outputs for readers."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined([*map(_shown, filter(_is_result, cell.outputs))])
            for output in cell.outputs:
                _describe(output, cell.metadata.get("alt"))
    return notebook


def _is_result(output: NotebookNode) -> bool:
    """Whether it is more than progress, which goes to standard error."""
    return output.output_type != "stream" or output.name == "stdout"


def _shown(output: NotebookNode) -> NotebookNode:
    """The output without colour codes, and without text where there is something better."""
    if output.output_type == "stream":
        output.text = _COLOURS.sub("", output.text)
    elif len(output.data) > 1:
        output.data.pop("text/plain", None)
    return output


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with streams that follow each other in one; how they come depends on the time."""
    joined: list[NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _describe(output: NotebookNode, alt: str | None) -> None:
    """Give a picture its text alternative, which only HTML has."""
    data = output.get("data", {})
    if alt is None or not data.keys() & {"image/png", "image/svg+xml"}:
        return
    if "image/svg+xml" in data:
        kind, source = "svg+xml", base64.b64encode(data.pop("image/svg+xml").encode()).decode()
    else:
        kind, source = "png", "".join(data.pop("image/png").split())
    data["text/html"] = (
        f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/{kind};base64,{source}">'
    )


def main() -> None:
    """Run the tutorials that are named on the command line, or all of them."""
    for name in sys.argv[1:] or names():
        with TemporaryDirectory() as folder:
            notebook = executed(name, Path(folder))
        nbformat.write(notebook, path(name))
        print(f"{name}: done")


if __name__ == "__main__":
    main()
