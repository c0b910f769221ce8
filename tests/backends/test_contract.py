"""What every backend promises, and how the choice of one fails."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from w2v import backends
from w2v.backends import Backend, Rows, available_backends, choose_backend, get_backend
from w2v.errors import BackendError

ROOT = Path(__file__).parents[2]
MASK = 2**64 - 1
FLOATS = ["float32", "float64"]
INTS = ["int32", "int64"]


def added_one_by_one(table: NDArray[Any], ids: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """The oracle of scatter_add: a loop in float64."""
    expected = table.astype(np.float64)
    for place in np.ndindex(ids.shape):
        expected[ids[place]] += rows[place]
    return expected


def scattered(
    backend: Backend, table: NDArray[Any], ids: NDArray[Any], rows: NDArray[Any]
) -> NDArray[Any]:
    result = backend.asarray(table.copy())
    backend.scatter_add(result, backend.asarray(ids), backend.asarray(rows))
    return backend.to_numpy(result)


class TestScatterAdd:
    def test_counts_every_repetition(self, backend: Backend) -> None:
        table = np.array([[0.0, 0.0], [10.0, 20.0], [5.0, 5.0]])
        ids = np.array([1, 2, 1, 1])
        rows = np.array([[1.0, 2.0], [0.5, 0.5], [1.0, 2.0], [1.0, 2.0]])
        got = scattered(backend, table, ids, rows)
        np.testing.assert_array_equal(got, [[0, 0], [13, 26], [5.5, 5.5]])

    @pytest.mark.parametrize("int_type", INTS)
    @pytest.mark.parametrize("float_type", FLOATS)
    @pytest.mark.parametrize("ids_shape", [(0,), (1,), (200,), (4, 0), (1, 1), (7, 9)])
    @pytest.mark.parametrize("width", [(), (1,), (2,), (7,), (100,)])
    def test_equals_a_loop(
        self,
        backend: Backend,
        width: tuple[int, ...],
        ids_shape: tuple[int, ...],
        float_type: str,
        int_type: str,
    ) -> None:
        rng = np.random.default_rng(1)
        table = rng.normal(size=(11, *width)).astype(float_type)
        ids = rng.integers(0, 11, ids_shape).astype(int_type)
        rows = rng.normal(size=(*ids_shape, *width)).astype(float_type)
        got = scattered(backend, table, ids, rows)
        assert got.dtype == float_type
        tolerance = 1e-5 if float_type == "float32" else 1e-13  # up to about 30 terms of size 1
        np.testing.assert_allclose(got, added_one_by_one(table, ids, rows), rtol=0, atol=tolerance)

    @pytest.mark.parametrize("width", [(), (5,), (6,)])
    def test_in_place_and_returns_none(self, backend: Backend, width: tuple[int, ...]) -> None:
        table = backend.xp.zeros((3, *width), "float32")
        ids, rows = backend.asarray([2, 2], "int64"), backend.xp.ones((2, *width), "float32")
        scatter_add: Any = backend.scatter_add
        assert scatter_add(table, ids, rows) is None
        np.testing.assert_array_equal(backend.to_numpy(table)[2], np.full(width, 2.0))
        np.testing.assert_array_equal(backend.to_numpy(rows), np.ones((2, *width)))
        np.testing.assert_array_equal(backend.to_numpy(ids), [2, 2])

    @pytest.mark.parametrize("width", [5, 6])
    @pytest.mark.parametrize("layout", ["every other row", "every other column", "transposed"])
    def test_rows_need_not_be_contiguous(self, backend: Backend, layout: str, width: int) -> None:
        rng = np.random.default_rng(2)
        values = rng.normal(size=(16 * width,))
        # cut on the device, since a transfer may straighten them
        layouts: dict[str, Callable[[Any], Any]] = {
            "every other row": lambda flat: flat.reshape(16, width)[::2],
            "every other column": lambda flat: flat.reshape(8, 2 * width)[:, ::2],
            "transposed": lambda flat: flat[: 8 * width].reshape(width, 8).T,
        }
        rows = layouts[layout]
        ids = np.repeat(np.array([3, 1, 0, 3]), 2)
        table = backend.xp.zeros((4, width))
        backend.scatter_add(table, backend.asarray(ids), rows(backend.asarray(values)))
        expected = added_one_by_one(np.zeros((4, width)), ids, rows(values))
        np.testing.assert_allclose(backend.to_numpy(table), expected, rtol=0, atol=1e-14)

    def test_only_named_rows_change(self, backend: Backend) -> None:
        table = np.random.default_rng(3).normal(size=(6, 4)).astype("float32")
        got = scattered(backend, table, np.array([4]), np.ones((1, 4), "float32"))
        np.testing.assert_array_equal(np.delete(got, 4, 0), np.delete(table, 4, 0))


@pytest.mark.parametrize("dtype", [*FLOATS, *INTS, "uint64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_round_trip(backend: Backend, shape: tuple[int, ...], dtype: str) -> None:
    values = np.random.default_rng(4).integers(0, 100, shape).astype(dtype)
    array = backend.asarray(values)
    assert isinstance(array, backend.xp.ndarray)
    back = backend.to_numpy(array)
    assert type(back) is np.ndarray
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, values)


def test_asarray_copies_no_array(backend: Backend) -> None:
    array = backend.asarray([1, 2], "float32")
    assert array.dtype == "float32"
    assert backend.asarray(array) is array


def test_facts_of_the_machine(backend: Backend) -> None:
    backend.synchronize()
    assert backend.version
    assert backend.device
    memory = backend.memory()
    assert 0 <= memory.peak <= memory.total
    for rows in get_args(Rows):
        for averaged in (False, True):
            shape = backend.step_shape(rows, averaged=averaged)
            assert shape.step >= shape.block >= 1
            assert shape.shared >= 1


def test_training_overflows_without_warnings(backend: Backend) -> None:
    with backend.training():
        squares = backend.to_numpy(backend.asarray([1e38, 3.0], "float32") ** 2)
    np.testing.assert_array_equal(squares, np.array([np.inf, 9.0], "float32"))


class TestRandomBits:
    def test_known_answers(self, backend: Backend) -> None:
        """The first outputs of SplitMix64 seeded with 1234567, as its reference code gives them."""
        assert bits(backend, 1234567, np.arange(5)).tolist() == [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ]

    def test_equals_big_integers(self, backend: Backend) -> None:
        rng = np.random.default_rng(5)
        counters = rng.integers(0, 2**64, 50, np.uint64, endpoint=False)
        counters[:3] = [0, 1, MASK]
        for key in [0, 1, MASK, *map(int, rng.integers(0, 2**64, 20, np.uint64))]:
            expected = [splitmix64(key, int(counter)) for counter in counters]
            assert bits(backend, key, counters).tolist() == expected

    @pytest.mark.parametrize("shape", [(0,), (1,), (3, 4)])
    def test_any_shape_and_the_counter_stays(
        self, backend: Backend, shape: tuple[int, ...]
    ) -> None:
        counter = backend.xp.arange(int(np.prod(shape)), dtype="uint64").reshape(shape)
        before = counter.copy()
        got = backend.random_bits(7, counter)
        assert got.shape == shape
        assert got.dtype == "uint64"
        assert (counter == before).all()

    @pytest.mark.parametrize("shift", [56, 32, 24, 0], ids=["top", "upper", "lower", "low"])
    @pytest.mark.parametrize("key", [0, 1, 2**63, 0x0123456789ABCDEF])
    def test_bytes_are_uniform(self, backend: Backend, key: int, shift: int) -> None:
        """Chi-square of one byte, in a fixed sample: 255 degrees, so 255 +- 23; four sigma."""
        draws = bits(backend, key, np.arange(2**16)) >> np.uint64(shift)
        assert 165 < chi_square(draws & np.uint64(255), 256) < 345

    @pytest.mark.parametrize("shift", [60, 0], ids=["high bits", "low bits"])
    @pytest.mark.parametrize("step", [1, 2, 2**32])
    @pytest.mark.parametrize("neighbour", ["counter", "key"])
    def test_neighbours_are_independent(
        self, backend: Backend, neighbour: str, step: int, shift: int
    ) -> None:
        """The pair of four bits each of two draws is uniform over 256 cells; four sigma."""
        counters = np.arange(2**16, dtype=np.uint64) * np.uint64(2 * step)
        first = bits(backend, 99, counters)
        by_counter = neighbour == "counter"
        second = bits(backend, *((99, counters + step) if by_counter else (99 + step, counters)))
        four, low = np.uint64(shift), np.uint64(15)
        cells = ((first >> four) & low) * np.uint64(16) + ((second >> four) & low)
        assert 165 < chi_square(cells, 256) < 345

    def test_half_of_the_bits_differ_from_the_neighbour(self, backend: Backend) -> None:
        """Of 64 bits 32 differ, +- 4 / sqrt(draws) in the mean; four sigma."""
        counters = np.arange(2**14)
        draws = bits(backend, 3, counters)
        for other in (bits(backend, 3, counters + 1), bits(backend, 4, counters)):
            differing = np.unpackbits((draws ^ other).view(np.uint8)).sum() / draws.size
            assert abs(differing - 32) < 4 * 4 / np.sqrt(draws.size)


def bits(backend: Backend, key: int, counters: NDArray[Any]) -> NDArray[np.uint64]:
    counters = backend.asarray(counters.astype(np.uint64))
    return backend.to_numpy(backend.random_bits(key, counters))


def splitmix64(key: int, counter: int) -> int:
    """The published generator in Python's integers: state, then two multiply-xorshift rounds."""
    state = (key + (counter + 1) * 0x9E3779B97F4A7C15) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def chi_square(cells: NDArray[Any], count: int) -> float:
    seen = np.bincount(cells.astype(np.int64), minlength=count)
    expected = cells.size / count
    return float(((seen - expected) ** 2).sum() / expected)


def backend_classes() -> list[type[Backend]]:
    """Every subclass in the package; no library is needed to look at them."""
    for module in pkgutil.iter_modules(backends.__path__):
        if module.name.endswith("_backend"):
            importlib.import_module(f"w2v.backends.{module.name}")
    return Backend.__subclasses__()


def test_all_classes_are_seen() -> None:
    assert {"NumpyBackend", "CupyBackend"} <= {kind.__name__ for kind in backend_classes()}


@pytest.mark.parametrize("kind", backend_classes(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("member", [name for name in vars(Backend) if not name.startswith("_")])
def test_signatures_are_those_of_the_base(kind: type[Backend], member: str) -> None:
    base, own = (inspect.getattr_static(owner, member) for owner in (Backend, kind))
    assert type(own) is type(base)
    if callable(base):
        base_signature, own_signature = inspect.signature(base), inspect.signature(own)
        assert own_signature.parameters == base_signature.parameters
        if not hasattr(own, "__wrapped__"):  # a generator made a context manager
            assert own_signature.return_annotation == base_signature.return_annotation


def test_a_backend_has_few_members() -> None:
    """Each is there because libraries differ, or is the one way to train of a backend's own."""
    members = {*Backend.__annotations__, *vars(Backend)}
    assert len({name for name in members if not name.startswith("_")}) <= 16


class TestChoice:
    def test_unknown_name(self) -> None:
        with pytest.raises(BackendError, match=r"must be one of auto, .*numpy; got 'nunpy'"):
            get_backend("nunpy")

    def test_numpy_is_always_there(self) -> None:
        assert get_backend("numpy").name == "numpy"
        assert [s.name for s in available_backends() if s.name == "numpy" and s.backend]

    def test_auto_takes_the_first_usable(self) -> None:
        usable = [state for state in available_backends() if state.backend]
        unusable = [state for state in available_backends() if not state.backend]
        chosen, why = choose_backend()
        assert get_backend("auto").name == get_backend().name == chosen.name == usable[0].name
        assert why.startswith(f"{chosen.name} {chosen.version} on {chosen.device}")
        assert all(state.reason for state in unusable)
        assert not any(state.reason for state in usable)

    def test_cupy_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "cupy", None)
        with pytest.raises(BackendError) as caught:
            get_backend("cupy")
        assert str(caught.value) == (
            "Backend 'cupy' was asked for, but CuPy is not installed. Install it for your CUDA "
            "version with pip install 'cupy-cuda13x[ctk]' (or 'cupy-cuda12x[ctk]'). "
            "Pass --backend numpy for the CPU."
        )
        assert get_backend("auto").name != "cupy"
        assert choose_backend()[1].endswith("; cupy: not installed")

    def test_numba_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "numba", None)
        with pytest.raises(BackendError) as caught:
            get_backend("numba")
        assert str(caught.value) == (
            "Backend 'numba' was asked for, but Numba is not installed. Run pip install numba. "
            "Pass --backend numpy for the CPU."
        )

    @pytest.mark.parametrize(
        ("raised", "said"),
        [
            (
                "'Numba needs NumPy 2.4 or less. Got NumPy 2.5.'",
                "Numba needs NumPy 2.4 or less. Got",
            ),
            ("'one line\\nand more'", "one line."),
            ("", "ImportError."),
        ],
    )
    def test_numba_cannot_be_imported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, said: str
    ) -> None:
        (tmp_path / "numba.py").write_text(f"raise ImportError({raised})")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "numba", raising=False)
        with pytest.raises(BackendError, match=r"\. Pass --backend numpy") as caught:
            get_backend("numba")
        assert f"but Numba cannot be imported: {said}" in str(caught.value)
        monkeypatch.setitem(sys.modules, "cupy", None)
        with pytest.warns(UserWarning, match="NumPy computes in its place, several times slower"):
            backend, why = choose_backend()
        assert backend.name == "numpy"
        assert f"numba: broken (Numba cannot be imported: {said.rstrip('.')}" in why
        assert "\n" not in why

    def test_cupy_without_device(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_driver() -> int:
            raise RuntimeError("no driver")

        fake: Any = ModuleType("cupy")
        fake.__version__ = "13.4.0"
        fake.cuda = ModuleType("cupy.cuda")
        fake.cuda.runtime = ModuleType("cupy.cuda.runtime")
        fake.cuda.runtime.getDeviceCount = no_driver
        monkeypatch.setitem(sys.modules, "cupy", fake)
        with pytest.raises(BackendError, match=r"CuPy 13\.4\.0 .* sees no CUDA device .*no driver"):
            get_backend("cupy")

    @pytest.mark.parametrize("backend", ["cupy"], indirect=True)
    def test_cupy_for_amd(self, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        """As CuPy's wheels for ROCm say it."""
        monkeypatch.setattr(backend.xp.cuda.runtime, "is_hip", True, raising=False)
        said = r"CuPy .* is for AMD GPUs \(ROCm\), and w2v runs on NVIDIA's only\. Pass --backend"
        with pytest.raises(BackendError, match=said):
            get_backend("cupy")
        assert choose_backend()[0].name != "cupy"


class TestTheFixture:
    """The rules of tests/conftest.py, in a fresh pytest where CuPy is installed but broken."""

    def run(self, folder: Path, require: str) -> subprocess.CompletedProcess[str]:
        (folder / "cupy.py").write_text("raise ImportError('libfoo.so is missing')")
        place = "tests/backends/test_contract.py::test_asarray_copies_no_array"
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", place],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, "W2V_REQUIRE_BACKENDS": require},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_unusable_is_stood_in_for_and_why_is_said(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "numpy")
        assert done.returncode == 0, done.stdout
        assert "3 passed" in done.stdout
        assert "cupy: the stand-in of tests/standin (" in done.stdout
        assert "CuPy is installed but broken: libfoo.so is missing" in done.stdout

    def test_required_and_unusable_fails(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "cupy, numpy")
        assert done.returncode == 1, done.stdout
        assert "2 passed" in done.stdout
        assert "W2V_REQUIRE_BACKENDS names 'cupy': Backend 'cupy' was asked for" in done.stdout

    def test_required_and_unknown_raises(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "cuda")
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert (
            "W2V_REQUIRE_BACKENDS must name some of ('numpy', 'numba', 'cupy'), got ['cuda']"
            in (done.stdout + done.stderr)
        )
