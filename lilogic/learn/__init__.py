"""Learning: from a recipe and a data set to a gate graph. Needs torch."""

import os
import sys

# OpenMP's threads that have nothing to do spin by default: torch and numba each bring a library of
# it, and the threads of one keep the cores from those of the other, and from whatever else runs.
# Here they wait asleep. The libraries read this when they are loaded, so it stands before torch.
TORCH_SPINS = "torch" in sys.modules and "OMP_WAIT_POLICY" not in os.environ
"""Whether torch was loaded before, so that its threads spin."""

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A wide layer reads rows from all over its inputs. With pages of 2 MB, which torch asks for then,
# the processor finds them a fifth faster. It, too, is read when torch is loaded.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
