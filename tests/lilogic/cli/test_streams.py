"""What becomes of output on every kind of terminal, file and pipe."""

import json
import os
import pty
import subprocess
import sys

import pytest

from lilogic.graph import lgn
from lilogic.report import console
from tests.lilogic.cli.command import LILOGIC

pytestmark = pytest.mark.xdist_group("command line")

INVERTER = ".model m\n.inputs a\n.outputs y\n.names a y\n0 1\n.end\n"


def in_shell(command, **environment):
    """``command`` in a shell, where ``$L`` is lilogic: status, output and messages."""
    done = subprocess.run(
        ["sh", "-c", command.replace("$L", '"$0" -c "$1"'), LILOGIC[0], LILOGIC[2]],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_an_encoding_lacks_is_spelled_out(encoding):
    done = subprocess.run(
        [*LILOGIC, "zoo"], capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding}
    )
    lines = done.stdout.decode(encoding).splitlines()
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("+-" if encoding == "ascii" else "±") in done.stdout.decode(encoding)
    assert lines[1].startswith("+--")
    assert len({len(line) for line in lines}) == 1, "columns stand below each other"


def test_files_of_any_name_are_spelled_out(tmp_path):
    name = "ü\udcff[red]["
    (tmp_path / f"{name}.blif").write_text(INVERTER)
    done = subprocess.run(
        [*LILOGIC, "import", f"{name}.blif", "-o", f"{name}.lgn"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xfc\\udcff[red][.lgn" in done.stdout
    assert (tmp_path / f"{name}.lgn").exists()


def test_brackets_in_results_are_no_markup(capsys):
    console.show("[/a]", [("[/b]", "[red]c")])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("[/a]", "[/b]", "[red]c"))


@pytest.mark.parametrize("arguments", ["--help", "zoo", "zoo --json"])
def test_a_full_disk_is_one_line(arguments):
    status, _, err = in_shell(f"$L {arguments} > /dev/full")
    assert status == 2
    assert err == "lilogic: standard output: cannot be written: No space left on device\n"


def test_messages_that_cannot_be_written_keep_the_status():
    assert in_shell("$L eval none 2> /dev/full")[0] == 2


@pytest.mark.parametrize("arguments", ["--help", "zoo", "zoo --json"])
def test_a_reader_that_stops_early_is_no_error(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*LILOGIC, *arguments.split()], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_nobodys_files(tmp_path, closed):
    """Else a file that is opened takes the place of the stream, and what is said goes there."""
    (tmp_path / "net.blif").write_text(INVERTER)
    status, _, err = in_shell(f"cd {tmp_path} && $L import net.blif -o net.lgn {closed}")
    assert (status, err) == (0, "")
    assert lgn.read(tmp_path / "net.lgn").n_gates == 1


def test_a_pipe_that_does_not_wait():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen([*LILOGIC, "zoo", "--json"], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    with os.fdopen(reader) as lines:
        assert json.load(lines)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("terminal", "encoding"), [("dumb", "utf-8"), ("xterm", "utf-8"), ("xterm", "ascii")]
)
def test_progress_on_terminals(terminal, encoding):
    code = "from lilogic.cli import streams; streams.open_all()\n"
    code += "from lilogic.report import console\nwith console.step('simplifying'): pass"
    ours, theirs = pty.openpty()
    environment = {"TERM": terminal, "PYTHONIOENCODING": encoding}
    subprocess.run([sys.executable, "-c", code], stderr=theirs, env=os.environ | environment)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # all is read
        pass
    os.close(ours)
    assert b"simplifying: 0." in text
    assert (b"\x1b" in text) == (terminal != "dumb")
    assert text.isascii() == (terminal == "dumb" or encoding == "ascii")
    assert b"\\u" not in text
