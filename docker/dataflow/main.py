"""What Dataflow's template launcher runs in the image: it takes a file, not a module."""

import sys

from pipelines.flex import main

if __name__ == "__main__":
    sys.exit(main())
