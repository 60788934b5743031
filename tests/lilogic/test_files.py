import gzip
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

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


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    files.write_text(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(tmp_path):
    target, missing = tmp_path / "folder" / "target", tmp_path / "other" / "missing"
    target.parent.mkdir()
    target.write_text("old")
    for place in (target, missing):
        link, further = tmp_path / f"{place.name}.txt", tmp_path / f"{place.name}-further"
        further.symlink_to(place.relative_to(tmp_path))
        link.symlink_to(further)
        files.write_text(link, "new")
        assert link.is_symlink()
        assert further.is_symlink()
        assert place.read_text() == "new"
        assert [*place.parent.iterdir()] == [place]


def test_a_pipe_is_written_through(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    files.check_writable(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    files.write_text(path, "new")
    reader.join()
    assert read == ["new"]
    assert path.is_fifo()


@pytest.mark.parametrize("kind", ["pipe", "file", "link"])
def test_an_open_file_is_written_through_after_what_it_holds(tmp_path, kind):
    path, written = Path("/dev/fd/1"), tmp_path / "written"
    if kind == "link":
        path = tmp_path / "link"
        path.symlink_to("/dev/fd/1")
    code = (
        "import sys; from pathlib import Path; from lilogic import files\n"
        "path = Path(sys.argv[1]); files.check_writable(path)\n"
        "print('before'); files.write_text(path, 'new\\n'); print('after')\n"
    )
    command = [sys.executable, "-c", code, path]
    if kind == "pipe":
        out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    else:
        with written.open("wb") as stream:
            subprocess.run(command, stdout=stream, check=True)
        out = written.read_bytes()
    assert out == b"before\nnew\nafter\n"
    assert path.is_symlink()


def test_a_full_device_is_one_line():
    full = Path(f"/proc/self/fd/{os.open('/dev/full', os.O_WRONLY)}")
    with pytest.raises(LilogicError, match=rf"{full}: cannot be written: No space left on device$"):
        files.write_text(full, "new")


def test_what_cannot_be_written_is_one_line_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    wrong = {
        "": "Is a directory",
        "file/below": "Not a directory",
        "file/below/further": "Not a directory",
        "loop": "Too many levels of symbolic links",
        "n" * 256: "File name too long",
    }
    for name, reason in wrong.items():
        path = tmp_path / name
        for write in (files.check_writable, lambda path: files.write_text(path, "")):
            with pytest.raises(LilogicError, match=f"cannot be written: .*{reason}"):
                write(path)
    for descriptor in (os.open(os.devnull, os.O_RDONLY), 999):
        with pytest.raises(LilogicError, match="cannot be written: Bad file descriptor"):
            files.check_writable(Path(f"/proc/self/fd/{descriptor}"))
    assert {path.name for path in tmp_path.iterdir()} == {"file", "loop"}


def test_a_file_in_a_folder_that_does_not_exist_yet_can_be_written(tmp_path):
    files.check_writable(tmp_path / "a" / "b" / "file")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_what_may_not_be_written_is_one_line(tmp_path):
    (tmp_path / "old").write_text("old")
    (tmp_path / "fixed").write_text("old")
    (tmp_path / "fixed").chmod(0o400)
    tmp_path.chmod(0o500)
    files.write_text(tmp_path / "old", "new")
    assert (tmp_path / "old").read_text() == "new"
    for name in ("fixed", "file", "folder/file"):
        for write in (files.check_writable, lambda path: files.write_text(path, "")):
            with pytest.raises(LilogicError, match="cannot be written: Permission denied"):
                write(tmp_path / name)
    with pytest.raises(LilogicError, match="cannot be written: Permission denied"):
        with files.claimed(tmp_path / "run"):
            pass
    tmp_path.chmod(0o700)


HOLD = (
    "import sys; from pathlib import Path; from lilogic.files import claimed\n"
    "with claimed(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_a_folder_is_held_by_one_process_which_may_be_killed(tmp_path):
    folder = tmp_path / "new" / "folder"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(LilogicError) as refused, files.claimed(folder):
        pass
    assert re.fullmatch(
        rf"{folder}: in use by process {other.pid} \(-c {folder}\); wait for it or choose "
        "another folder",
        str(refused.value),
    )
    other.kill()
    other.communicate()
    with files.claimed(folder), files.claimed(folder / ".." / "folder"):
        files.write_text(folder / "file", "")
    assert [*folder.iterdir()] == [folder / "file"]


def test_a_folder_is_held_by_one_thread_and_goes_if_it_stays_empty(tmp_path):
    folder, said = tmp_path / "new" / "folder", []
    (tmp_path / "link").symlink_to(folder)

    def claim():
        try:
            with files.claimed(tmp_path / "link"):
                said.append("claimed")
        except LilogicError as error:
            said.append(str(error))

    with files.claimed(folder):
        thread = threading.Thread(target=claim)
        thread.start()
        thread.join()
    assert len(said) == 1
    assert f"in use by process {os.getpid()} " in said[0]
    assert [*tmp_path.iterdir()] == [tmp_path / "link"]
    claim()
    assert said[1:] == ["claimed"]
    assert [*tmp_path.iterdir()] == [tmp_path / "link"]


def test_a_folder_that_is_a_file_is_not_claimed(tmp_path):
    (tmp_path / "file").write_text("mine")
    for name in ("file", "file/below"):
        with pytest.raises(LilogicError, match="cannot be written: Not a directory"):
            with files.claimed(tmp_path / name):
                pass
    assert (tmp_path / "file").read_text() == "mine"


def test_temporary_files_need_a_folder(monkeypatch):
    with files.scratch() as folder:
        (folder / "file").touch()
    assert not folder.exists()
    with pytest.raises(LilogicError, match=r"lilogic-.*: cannot be written: .*TMPDIR"):
        with files.scratch() as folder:
            (folder / "nosuch" / "file").write_text("")
    with pytest.raises(FileNotFoundError), files.scratch():
        Path("nosuch").read_text()
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: ["/nosuch"])
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(LilogicError, match=r"temporary files: cannot be written: .*TMPDIR"):
        with files.scratch():
            pass


@pytest.mark.parametrize("read", [files.read_bytes, files.open_text])
def test_what_cannot_be_read_is_one_line(tmp_path, read):
    with pytest.raises(LilogicError, match="none: no such file"):
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
