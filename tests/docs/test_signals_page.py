"""docs/signals.md says the truth: its scripts run, and leave what they say."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import examples, run_example, run_line, topics_file

PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text(encoding="utf-8")
SLURM, SPOT = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
LONG = "--epochs 500 --backend numpy --min-count 1 --dim 8 --workers 1"
PROGRAMS = {
    # the page's command, made to take some seconds
    "w2v": f'[ "$1" = train ] && more="{LONG}"\nexec "{sys.executable}" -m w2v "$@" $more',
    "scontrol": 'echo "$@" >> scontrol.log',
    "sleep": f"exec {shutil.which('sleep')} 0.1",
    # the address of one provider is there, and says that it is time once the file `notice` is there
    "curl": """
for last; do :; done
case "$last" in
    *latest/api/token*) [ "$PROVIDER" = ec2 ] && echo token ;;
    *instance-action) [ "$PROVIDER" = ec2 ] && [ -e notice ] && echo '{"action": "stop"}' ;;
    *preempted) [ "$PROVIDER" = google ] && { [ -e notice ] && echo TRUE || echo FALSE; } ;;
    *scheduledevents*) [ "$PROVIDER" = azure ] &&
        { [ -e notice ] && echo '{"EventType": "Preempt"}' || echo '{"Events": []}'; } ;;
esac || exit 22
[ "$last" != "${last#*latest/api/token}" ] && case "$*" in *"-X PUT"*) ;; *) exit 22 ;; esac
exit 0""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the text that the scripts name, and the programs that they call."""
    if sys.platform == "win32" or not shutil.which("bash"):
        pytest.skip("there is no bash here")
    topics_file(tmp_path)
    (tmp_path / "bin").mkdir()
    for name, code in PROGRAMS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def start(script: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    environment = {**os.environ, **more, "PATH": paths, "SLURM_JOB_ID": "7"}
    environment["SLURM_SUBMIT_DIR"] = str(folder)
    (folder / "script").write_text(script.replace("/mnt/keep", str(folder)))
    child = subprocess.Popen(
        ["bash", "script"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    assert any("backend  " in line for line in child.stderr)  # the first step is next
    return child


def end(child: subprocess.Popen[str]) -> tuple[int, str]:
    told = child.communicate(timeout=120)[1]
    return child.returncode, told


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The vectors of a run that nothing ends."""
    folder = tmp_path_factory.mktemp("undisturbed")
    topics_file(folder)
    run_line(f"python -m w2v train corpus.txt -o as-one.bin -q {LONG}", folder)
    return (folder / "as-one.bin").read_bytes()


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGTERM"])
def test_the_job_puts_itself_back_and_goes_on(folder: Path, undisturbed: bytes, name: str) -> None:
    child = start(SLURM, folder)
    child.send_signal(signal.Signals[name])  # to the shell alone, as with B:
    code, told = end(child)
    assert code == 128 + signal.Signals[name]
    assert f"Ended by {name}." in told
    assert not (folder / "vectors.bin").exists()
    log = folder / "scontrol.log"
    assert (log.read_text() if log.exists() else "") == "requeue 7\n" * (name == "SIGUSR1")
    code, told = end(start(SLURM, folder))
    assert code == 0, told
    assert not log.exists() or log.read_text() == "requeue 7\n"
    assert (folder / "vectors.bin").read_bytes() == undisturbed


def test_a_job_that_fails_is_not_put_back(folder: Path) -> None:
    (folder / "vectors.bin").mkdir()
    (folder / "script").write_text(SLURM)
    paths = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "script"],
        cwd=folder,
        env={**os.environ, "PATH": paths, "SLURM_SUBMIT_DIR": str(folder), "SLURM_JOB_ID": "7"},
        check=False,
        capture_output=True,
    )
    assert done.returncode == 1, done.stderr
    assert not (folder / "scontrol.log").exists()


@pytest.mark.parametrize("provider", ["ec2", "google", "azure", "none"])
def test_a_spot_machine_leaves_a_checkpoint(
    folder: Path, undisturbed: bytes, provider: str
) -> None:
    child = start(SPOT, folder, PROVIDER=provider)
    (folder / "notice").touch()
    if provider == "none":  # a shutdown without any notice
        child.send_signal(signal.SIGTERM)
    code, told = end(child)
    assert code == 143
    assert f"w2v resume {folder}/run goes on.\n" in told
    (folder / "notice").unlink()
    code, told = end(start(SPOT, folder, PROVIDER=provider))
    assert code == 0, told
    assert (folder / "vectors.bin").read_bytes() == undisturbed


def test_the_sums_tell_which_files_belong_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics_file(tmp_path)
    (line,) = re.findall(r"^    (w2v train .* --report .*)$", PAGE, re.MULTILINE)
    run_line(f"{line} --epochs 1 --dim 8 --backend numpy", tmp_path)
    monkeypatch.chdir(tmp_path)
    ((code, shown),) = examples(PAGE)
    assert run_example(code, "signals.md") == shown
    run_line("w2v convert vectors.bin other.npz && mv other.npz model.npz", tmp_path)
    assert run_example(code, "signals.md") == shown.replace(
        "model.npz is of this run", "model.npz is of another run"
    )


def test_the_codes_are_those_of_the_system() -> None:
    codes = re.findall(r"^\| (\d+) \| (SIG\w+)", PAGE, re.MULTILINE)
    assert len(codes) == 4
    for code, name in codes:
        if hasattr(signal, name):
            expected = 158 if name == "SIGUSR1" and sys.platform == "darwin" else int(code)
            assert 128 + signal.Signals[name] == expected
