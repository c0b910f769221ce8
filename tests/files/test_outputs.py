"""Files that appear whole or not at all: names, pipes and devices, other people's files."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from w2v import Vectors, load
from w2v.errors import ConfigError, OutputError, VectorFileError
from w2v.files import check_distinct, check_target, replacing, write_text


def run(code: str, stdout: int, stderr: int | None = None) -> subprocess.Popen[bytes]:
    program = f"from w2v.files import *\n{code}"
    return subprocess.Popen([sys.executable, "-c", program], stdout=stdout, stderr=stderr)


# pipes and devices


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_standard_streams_that_are_pipes_are_written_to(stream: str) -> None:
    name = f"/dev/{stream}"
    code = f"check_target({name!r}); write_text({name!r}, 'written')"
    process = run(code, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = dict(zip(("stdout", "stderr"), process.communicate(timeout=30), strict=True))
    assert process.returncode == 0, found
    assert found == {"stdout": b"", "stderr": b"", stream: b"written"}


def test_a_pipe_of_the_shell_is_written_to() -> None:
    reader, writer = os.pipe()
    name = f"/dev/fd/{writer}"  # what >(command) stands for
    check_target(name)
    write_text(name, "written")
    os.close(writer)
    with open(reader, "rb") as handle:
        assert handle.read() == b"written"


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_a_standard_stream_that_is_a_file_is_written_on(tmp_path: Path, name: str) -> None:
    """As a shell has opened it: behind what is there, in the file that is there."""
    if sys.platform != "linux":
        pytest.skip("names of Linux")
    (tmp_path / "link").symlink_to("/dev/stdout")
    name = str(tmp_path / name)
    code = f"print('printed'); check_target({name!r}); write_text({name!r}, 'written')"
    for mode, kept in (("ab", b"keep\n"), ("wb", b"")):
        (tmp_path / "out").write_bytes(b"keep\n")
        with open(tmp_path / "out", mode) as out:
            before = os.fstat(out.fileno()).st_ino
            assert run(code, stdout=out.fileno()).wait(30) == 0
            out.write(b", and on")
        assert (tmp_path / "out").read_bytes() == kept + b"printed\nwritten, and on"
        assert (tmp_path / "out").stat().st_ino == before
    assert sorted(os.listdir(tmp_path)) == ["link", "out"]


def test_what_another_process_has_open_is_written_on(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("names of Linux")
    with open(tmp_path / "out", "ab") as out:
        out.write(b"keep, ")
        out.flush()
        name = f"/proc/{os.getpid()}/fd/{out.fileno()}"
        assert run(f"write_text({name!r}, 'written')", stdout=subprocess.DEVNULL).wait(30) == 0
    assert (tmp_path / "out").read_bytes() == b"keep, written"


def test_archives_fit_behind_what_a_descriptor_has(tmp_path: Path) -> None:
    """Also where every write goes to the end of the file: nothing is gone back to."""
    with open(tmp_path / "out", "ab") as out:
        out.write(b"keep")
        out.flush()
        Vectors(["a", "b"], np.eye(2)).save(f"/dev/fd/{out.fileno()}", format="npz")
    assert (tmp_path / "out").read_bytes().startswith(b"keepPK")
    (tmp_path / "v.npz").write_bytes((tmp_path / "out").read_bytes()[4:])
    assert load(tmp_path / "v.npz").matrix.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/dev/fd/987"])
def test_a_descriptor_that_cannot_be_written_to_is_refused_at_once(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "in").write_bytes(b"keep")
    with open(tmp_path / "in", "rb") as handle:
        name = name.format(handle.fileno())
        for refuse in (check_target, lambda path: write_text(path, "lost")):
            with pytest.raises(OutputError, match=f"Cannot write {name}: Bad file descriptor"):
                refuse(name)
    assert (tmp_path / "in").read_bytes() == b"keep"


def test_a_device_stays_a_device() -> None:
    write_text(os.devnull, "gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


# refusals


def test_a_socket_cannot_be_opened_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("no sockets among the files")
    import socket

    monkeypatch.chdir(tmp_path)  # names of sockets must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(OutputError, match=r"Cannot write s: it is a socket\. Give a file name"):
            check_target("s")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"^The name of the output file is empty\.$"),
        ("a\0b", r"output file, 'a\\x00b', holds a character that no file name can hold"),
        ("run.json/", r"Cannot write .*run\.json/: this names a folder"),
    ],
)
def test_names_that_no_file_can_have_are_refused(tmp_path: Path, name: str, message: str) -> None:
    path = f"{tmp_path}/{name}" if name.endswith("/") else name
    for refuse in (check_target, lambda path: write_text(path, "")):
        with pytest.raises(OutputError, match=message):
            refuse(path)
    assert not list(tmp_path.iterdir())


def test_content_is_not_taken_for_a_name() -> None:
    for content in (b"a 1 2", bytearray(3), 7, None):
        message = "The name of the vector file must be a str or a path, got (bytes of length 5|.*)"
        with pytest.raises(TypeError, match=message) as caught:
            load(content)  # type: ignore[arg-type]
        assert "1 2" not in str(caught.value)
    with pytest.raises(VectorFileError, match=r"has 9,000 characters: 'a 1 2.*not what it holds\."):
        load("a 1 2\nbcd " * 900)


def test_the_file_of_another_user_in_a_sticky_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v.bin"
    path.write_bytes(b"theirs")
    path.chmod(0o666)
    tmp_path.chmod(0o1777)
    owner = path.stat().st_uid
    check_target(path)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    for refuse in (check_target, lambda path: write_text(path, "mine")):
        with pytest.raises(OutputError, match=r"it belongs to another user, and .* only owners"):
            refuse(path)
    assert path.read_bytes() == b"theirs"
    check_target(tmp_path / "new.bin")
    tmp_path.chmod(0o777)
    check_target(path)
    tmp_path.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    check_target(path)


@pytest.mark.parametrize("code", [5, 32, 1224])
def test_a_file_that_windows_holds_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(b"mapped")

    def refuse(source: str, target: str) -> None:
        error = PermissionError(13, "Access is denied", source, None, target)
        error.winerror = code  # type: ignore[attr-defined, unused-ignore]
        raise error

    monkeypatch.setattr(os, "replace", refuse)
    message = r"v\.npz: Windows replaces no file that is open, .* or give another name\.$"
    with pytest.raises(OutputError, match=message):
        write_text(path, "new")
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(OutputError, match=message):  # before any work is done
        check_target(path)
    check_target(tmp_path / "new.npz")
    assert os.listdir(tmp_path) == ["v.npz"]
    assert path.read_bytes() == b"mapped"


def test_to_see_whether_windows_holds_a_file_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "v.npz").write_bytes(b"old")
    monkeypatch.setattr(sys, "platform", "win32")
    check_target(tmp_path / "v.npz")
    assert os.listdir(tmp_path) == ["v.npz"]
    assert (tmp_path / "v.npz").read_bytes() == b"old"


# a failure leaves nothing


@pytest.mark.parametrize("trouble", [SystemExit(143), KeyboardInterrupt(), ValueError()])
def test_whatever_ends_the_writing_leaves_the_old_file_alone(
    tmp_path: Path, trouble: BaseException
) -> None:
    (tmp_path / "run.json").write_text("before", encoding="utf-8")

    def fail() -> None:
        with replacing(tmp_path / "run.json") as handle:
            handle.write(b"after")
            raise trouble

    with pytest.raises(type(trouble)):
        fail()
    assert os.listdir(tmp_path) == ["run.json"]
    assert (tmp_path / "run.json").read_bytes() == b"before"


# files that are named twice


def test_different_files_are_distinct(tmp_path: Path) -> None:
    for name in ("old.bin", "corpus.txt", "folder.txt"):
        (tmp_path / name).write_bytes(b"")
    outputs = {"--output": tmp_path / "old.bin", "--report": tmp_path / "new", "--vocab": None}
    check_distinct(outputs, [tmp_path / "corpus.txt", str(tmp_path / "folder.txt"), tmp_path, "-"])
    check_distinct({"--output": os.devnull, "--report": os.devnull}, [os.devnull])
    check_distinct({"--output": "a\0", "--report": "a\0", "--vocab": ""}, [""])  # refused elsewhere


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("other", ["same.bin", "./folder/../same.bin", "link.bin"])
def test_two_outputs_of_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, other: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("link.bin").symlink_to("same.bin")
    if exists:
        Path("same.bin").write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        check_distinct({"--output": "same.bin", "--save-vocab": None, "--report": Path(other)}, [])
    assert str(caught.value) == (
        f"--output and --report are the same file, {Path(other)}. Give them different names."
    )


def test_an_output_that_is_an_input_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cc.txt").write_bytes(b"a b")
    Path("hard.txt").hardlink_to("cc.txt")
    for name in ("cc.txt", "hard.txt"):
        with pytest.raises(ConfigError) as caught:
            check_distinct({"--report": "run.json", "--output": name}, [tmp_path / "cc.txt"])
        assert str(caught.value) == (
            f"--output would overwrite the input {name}. Give it another name."
        )
