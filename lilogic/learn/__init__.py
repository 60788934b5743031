"""Learning: from a recipe and a data set to a gate graph. Needs torch."""

import os

# Threads of OpenMP that have nothing to do wait asleep. By default they spin: two libraries of it
# are loaded, torch's and numba's, and each one's threads keep the cores from the other's, and from
# whatever else runs. The libraries read this as they are loaded, so it stands before torch.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
