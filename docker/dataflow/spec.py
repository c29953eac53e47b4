"""Prints the spec of the flex template for an image: `spec.py IMAGE > spec.json`.

The spec is what a launch names: put it into a bucket. `gcloud dataflow flex-template build` makes
the same of `metadata.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

METADATA = Path(__file__).with_name("metadata.json")


def spec(image: str) -> dict[str, Any]:
    """Returns the spec: the image is the template's launcher and runs on the workers too."""
    return {
        "image": image,
        "sdkInfo": {"language": "PYTHON"},
        "metadata": json.loads(METADATA.read_text(encoding="utf-8")),
        "defaultEnvironment": {"sdkContainerImage": image},
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: spec.py IMAGE, such as REGION-docker.pkg.dev/PROJECT/FOLDER/shardwright:1")
    print(json.dumps(spec(sys.argv[1]), indent=1))
