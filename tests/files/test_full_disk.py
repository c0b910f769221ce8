"""A disk of a few megabytes that is full, and a folder that may not be written to any more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from w2v import Vectors

if sys.platform == "win32":
    pytest.skip("limits and disks of POSIX", allow_module_level=True)

SMALL = "mount -t tmpfs -o size=3m none disk"
"""A disk of 3 MB at `disk`, seen by this process and its children only."""
NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a folder `disk` on which `on_small_disk` mounts one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "disk").mkdir()
    if unshared("true").returncode:
        pytest.skip("no disk can be mounted here: unshare -rm is not allowed")
    rows = np.random.default_rng(1).random((20000, 20))
    Vectors([f"w{i}" for i in range(20000)], rows).save("v.bin")  # 1.7 MB
    return tmp_path


def unshared(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell where `disk` is small, if that can be had."""
    program = shutil.which("unshare")
    if program is None:
        return subprocess.CompletedProcess([], 1)
    user = [] if os.geteuid() == 0 else ["-r"]
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return subprocess.run(
        [program, *user, "-m", "sh", "-c", f"{SMALL} && {script}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def on_small_disk(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script, whose last line may use `w2v`; then list what is on the disk, and stop."""
    return unshared(f"{{ {script}; }}; code=$?; ls -A disk; cat disk/old; exit $code")


@pytest.mark.parametrize("name", ["v.npz", "v.vec", "v.bin", "v.safetensors"])
def test_vectors_that_do_not_fit_leave_nothing_behind(small_disk: Path, name: str) -> None:
    """Where their size is known it is compared with what is free; a text just gets longer."""
    done = on_small_disk(
        f"head -c 2000000 /dev/zero > disk/filler; echo kept > disk/old; "
        f"cp disk/old disk/{name}; w2v convert v.bin disk/{name}"
    )
    assert done.returncode == 1
    assert done.stdout.split() == [*sorted(["filler", "old", name]), "kept"]
    reason = "No space left on device." if name == "v.vec" else "1.1 MiB of the disk are free."
    assert done.stderr.startswith(f"Error: Cannot write disk/{name}: ")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_to_the_last_byte(small_disk: Path) -> None:
    """There is not even room for a name."""
    (small_disk / "text").write_text("a b c\n" * 999, encoding="utf-8")
    done = on_small_disk(
        "echo kept > disk/old; for i in $(seq 9999); do : > disk/$i 2>/dev/null || break; done; "
        "cat /dev/zero > disk/1 2>/dev/null; w2v tokenize text -o disk/new 2>err"
        "; code=$?; rm disk/[0-9]*; (exit $code)"
    )
    assert done.returncode == 1
    assert done.stdout.split() == ["old", "kept"]
    message = (small_disk / "err").read_text(encoding="utf-8")
    assert "Error: Cannot write disk/new: No space left on device." in message


def test_a_disk_that_may_only_be_read(small_disk: Path) -> None:
    (small_disk / "text").write_text("a b c\n" * 999, encoding="utf-8")
    done = on_small_disk(
        "echo kept > disk/old; mount -o remount,ro disk; w2v convert v.bin disk/v.npz"
    )
    assert done.returncode == 1
    assert done.stdout.split() == ["old", "kept"]
    assert "Error: Cannot write disk/v.npz: you may not create files in" in done.stderr


def test_a_run_whose_checkpoints_do_not_fit_any_more_comes_to_its_end(small_disk: Path) -> None:
    """There is room for two, and none for a third beside them; the run goes on from the second."""
    lines = (" ".join(f"w{(i * k) % 400}" for k in range(20)) for i in range(300))
    (small_disk / "text").write_text("\n".join(lines), encoding="utf-8")
    options = "--dim 300 --min-count 1 --epochs 5 --workers 1 --backend numpy"
    done = on_small_disk(
        "echo kept > disk/old; head -c 600000 /dev/zero > disk/filler; "
        f"w2v train text -o v.bin {options} --checkpoint disk/run --checkpoint-every 1epoch; "
        "code=$?; ls disk/run; w2v resume disk/run -o again.bin -q; (exit $code)"
    )
    assert done.returncode == 0, done.stderr
    assert "A checkpoint could not be written, and training goes on. Cannot write" in done.stderr
    assert "of the disk are free. Make room" in done.stderr
    assert len(re.findall(r"^checkpoint-\d{6}$", done.stdout, re.MULTILINE)) == 2
    assert (small_disk / "again.bin").read_bytes() == (small_disk / "v.bin").read_bytes()


FORBIDDEN = """
import os, time, warnings, w2v

class Forbid(w2v.Callback):
    epochs = 0

    def on_epoch_end(self, progress):
        self.epochs += 1
        if self.epochs == 2:
            while not os.path.exists("run/checkpoint-000001"):
                time.sleep(0.01)
            os.chmod("run", 0o555)

options = dict(dim=8, min_count=1, sample=0, epochs=5, workers=1, backend="numpy")
text = [["a", "b", "c", "d"]] * 99
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    model = w2v.Word2Vec(**options)
    model.fit(text, checkpoint="run", checkpoint_every="1epoch", callbacks=[Forbid()])
told = [str(w.message) for w in said if "checkpoint" in str(w.message)]
no = ("you may not create files in", "Permission denied")
print(len(told) > 0, all(any(reason in message for reason in no) for message in told))
os.chmod("run", 0o755)
again = w2v.Word2Vec(**options).fit(resume="run")
print(again.report["parts"][-1]["done"] > 0, (again.vectors.matrix == model.vectors.matrix).all())
print(*sorted(os.listdir("run")))
"""


def test_a_run_whose_folder_becomes_read_only_comes_to_its_end(tmp_path: Path) -> None:
    """Without the rights that root has over the files of others."""
    less = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and setpriv is not there")
        less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
    done = subprocess.run(
        [*less, sys.executable, "-c", FORBIDDEN],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said, resumed, left = done.stdout.splitlines()
    assert said == "True True"
    assert resumed == "True True"
    assert re.fullmatch(r"checkpoint-\d{6} checkpoint-\d{6} corpus run\.json", left)


# limits of the process


def limited(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with files of 100 kB at the most."""
    program = (
        "import os, resource\nfrom w2v.errors import OutputError\nfrom w2v.files import *\n"
        "import w2v, numpy as np\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program + code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anyone may write into, and find; in the folder of a test only its user may."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(os.path.realpath(name))


def test_a_file_above_the_limit_of_the_process_is_not_written(open_folder: Path) -> None:
    code = (
        "for name in ('v.bin', 'v.vec', 'v.npz'):\n"
        "    try:\n"
        "        w2v.Vectors([f'w{i}' for i in range(9999)], np.ones((9999, 9))).save(name)\n"
        "    except OutputError as error:\n"
        "        print(error)\n"
    )
    done = limited(code, open_folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"Cannot write {name}: File too large." for name in ("v.bin", "v.vec", "v.npz")
    ]
    assert not list(open_folder.iterdir())


def test_a_folder_that_becomes_read_only_meanwhile_is_named_with_the_draft(
    open_folder: Path,
) -> None:
    """The draft can neither be moved nor removed: its name is said, and the next run removes it."""
    code = (
        "import fcntl  # before libraries cannot be read any more\n"
        f"if os.geteuid() == 0:\n    os.setgroups([]); os.setuid({NOBODY})  # root may all\n"
        "os.mkdir('new')\n"
        "write_text('new/v', 'old')\n"
        "try:\n"
        "    with replacing('new/v') as file:\n"
        "        file.write(b'new')\n"
        "        os.chmod('new', 0o555)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
        "print(*sorted(os.listdir('new')))\n"
        "try:\n"
        "    write_text('new/v', 'new')\n"
        "except OutputError as error:\n"
        "    print(error)\n"
        "os.chmod('new', 0o755)\n"
        "write_text('new/w', 'new')\n"
        "print(*sorted(os.listdir('new')), open('new/v').read())\n"
    )
    done = limited(code, open_folder)
    assert done.returncode == 0, done.stderr
    told, there, again, after = done.stdout.splitlines()
    draft = next(name for name in there.split() if name.endswith(".tmp"))
    place = open_folder / "new"
    assert told == (
        f"Cannot write new/v: Permission denied. {place / draft} cannot be removed; the next "
        "run that writes there tries again."
    )
    assert again == f"Cannot write new/v: you may not create files in {place}."
    assert after == "v w old"


# a corpus that is encoded


@pytest.mark.parametrize("compressed", [False, True])
def test_a_text_that_will_not_fit_is_refused_as_it_begins(
    small_disk: Path, compressed: bool
) -> None:
    """What it begins with says how many words there will be; of compressed text that is too few."""
    (small_disk / "text").write_text("some words here\n" * 500_000, encoding="utf-8")
    pack = "gzip -9 text; w2v encode text.gz" if compressed else "w2v encode text"
    done = on_small_disk(f"echo kept > disk/old; {pack} -o disk/e 2>err")
    assert done.returncode == 1
    assert done.stdout.split() == ["old", "kept"]
    message = (small_disk / "err").read_text(encoding="utf-8")
    early, late = "Error: Cannot write disk/e: ", "Error: Temporary data cannot be written to"
    assert (late if compressed else early) in message
    assert ".tmp" not in message
    assert "Traceback" not in message
