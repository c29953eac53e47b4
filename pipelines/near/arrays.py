"""Types of the arrays that the search for near-duplicates passes on."""

import numpy as np
from numpy.typing import NDArray

# Hashes and numbers of samples.
Numbers = NDArray[np.uint64]
# Where something lies in another array.
Places = NDArray[np.int64]
