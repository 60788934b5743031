import gzip
import os
import subprocess
import sys

import pytest

from lilogic import files
from lilogic.errors import LilogicError


def test_writing_makes_folders_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    files.write_text(path, "one")
    files.write_text(path, "é")
    assert path.read_bytes() == "é".encode()
    assert [*path.parent.iterdir()] == [path]


def test_a_failure_leaves_what_was_there_and_no_temporary_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("kept")

    def fail():
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "kept"
    assert [*tmp_path.iterdir()] == [path]


def test_files_have_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").touch()
    files.write_text(tmp_path / "written", "")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_is_one_line_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"kept")
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from lilogic import files; from lilogic.errors import LilogicError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: files.write_bytes(Path(sys.argv[1]), bytes(5000))\n"
        "except LilogicError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.stdout == f"{path}: cannot be written: File too large\n"
    assert path.read_bytes() == b"kept"
    assert [*tmp_path.iterdir()] == [path]


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LilogicError, match="cannot be written: "):
        files.write_text(tmp_path / "file" / "below", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(LilogicError, match="cannot be written: Permission denied"):
        files.write_text(tmp_path / "file", "")


@pytest.mark.parametrize("read", [files.read_bytes, files.open_text])
def test_what_cannot_be_read_is_one_line(tmp_path, read):
    with pytest.raises(LilogicError, match="none: cannot be read: No such file"):
        read(tmp_path / "none")
    with pytest.raises(LilogicError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_what_is_packed_is_unpacked(tmp_path):
    path = tmp_path / "net.blif"
    for data in (b"", b"text", bytes(100)):
        path.write_bytes(gzip.compress(data))
        assert files.read_unpacked(path) == data
        path.write_bytes(data)
        assert files.read_unpacked(path) == data
    packed = gzip.compress(b"text" * 1000)
    for damaged in (packed[:20], packed[:15] + bytes(10) + packed[25:], packed[:-8] + bytes(8)):
        path.write_bytes(damaged)
        with pytest.raises(LilogicError, match=r"net\.blif: truncated or damaged gzip file"):
            files.read_unpacked(path)
