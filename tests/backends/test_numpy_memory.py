"""What a step on NumPy gets from the system: nothing that an earlier step had."""

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource, sys
import numpy as np
from w2v.backends import get_backend

def step():
    arrays = [np.ones(2**18, np.float32) for _ in range(20)]

def pages_of_steps():
    step(), step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step(), step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = pages_of_steps()
with get_backend("numpy").training():
    print(outside, pages_of_steps())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how glibc's malloc keeps memory")
def test_memory_is_kept_from_step_to_step() -> None:
    """In a process of its own: what malloc keeps depends on all that was freed before."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    outside, inside = map(int, done.stdout.split())
    assert inside <= outside // 20  # outside 10,240: two steps of 20 MiB, page by page
