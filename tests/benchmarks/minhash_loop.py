"""datatrove's MinHash deduplication, all its four steps; run by its own Python.

Arguments: a file of documents as lines of JSON, and a folder to work in. Prints the seconds of
processor time of the steps; what stays lies in `kept` of the folder.
"""

import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def steps(documents, folder):
    """The four steps with datatrove's own settings: 14 buckets of 8 hashes of 5 words."""
    config = MinhashConfig()

    def reader():
        return JsonlReader(str(documents.parent), glob_pattern=documents.name)

    def place(name):
        return str(folder / name)

    yield 1, [reader(), MinhashDedupSignature(place("signatures"), config)]
    yield (
        config.num_buckets,
        [MinhashDedupBuckets(place("signatures"), place("buckets"), config=config)],
    )
    yield 1, [MinhashDedupCluster(place("buckets"), place("removed"), config=config)]
    writer = JsonlWriter(place("kept"), compression=None)
    yield 1, [reader(), MinhashDedupFilter(place("removed")), writer]


if __name__ == "__main__":
    documents, folder = map(Path, sys.argv[1:])
    start = time.process_time()
    for number, (tasks, pipeline) in enumerate(steps(documents, folder)):
        logs = str(folder / f"logs-{number}")
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=logs).run()
    print(time.process_time() - start)
