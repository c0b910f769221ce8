"""The `backend` fixture: every test that asks for it runs once per array library."""

from __future__ import annotations

import os

import pytest

from w2v.backends import Backend, get_backend
from w2v.errors import BackendError

collect_ignore = ["standin"]  # no tests: a `cupy` for machines without a GPU
BACKENDS = ("numpy", "numba", "cupy")
REQUIRE = "W2V_REQUIRE_BACKENDS"
"""Environment variable: backends, by comma, that must be usable here: a skip is a failure."""


def required_backends() -> set[str]:
    """The names in `W2V_REQUIRE_BACKENDS`; an unknown one is an error."""
    names = {name.strip() for name in os.environ.get(REQUIRE, "").split(",")} - {""}
    if unknown := sorted(names.difference(BACKENDS)):
        raise pytest.UsageError(f"{REQUIRE} must name some of {BACKENDS}, got {unknown}.")
    return names


def pytest_configure() -> None:
    required_backends()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn; skipped, with the reason, where it cannot be used."""
    name: str = request.param
    try:
        return get_backend(name)
    except BackendError as error:
        if name in required_backends():
            pytest.fail(f"{REQUIRE} names {name!r}: {error}", pytrace=False)
        pytest.skip(str(error))
