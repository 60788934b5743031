import ctypes
import subprocess
import sys

import pytest

from lilogic.learn.kernels import memory

TAKE_AND_FREE = """
import resource, numpy as np
from lilogic.learn.kernels import memory
{keep}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**23)
before = faults()
for _ in range(5):
    np.ones(2**23)
print((faults() - before) * resource.getpagesize() / (5 * 2**26))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc")
def test_freed_memory_is_used_again():
    def fetched(keep: str) -> float:
        """The part of what is taken that comes from the system."""
        command = [sys.executable, "-c", TAKE_AND_FREE.format(keep=keep)]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    # A page may be of 4 KB or of 2 MB, and counts as one of 4 KB.
    assert fetched("memory.keep_freed()") < 0.001 < fetched("")


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.keep_freed()
