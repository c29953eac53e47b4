"""What Energon draws from a corpus by its metadataset; run by a Python that has Energon.

Arguments: the metadataset, how many samples, and a seed. Prints how many came from each folder, and
of which type they are there.
"""

import json
import sys
from collections import Counter
from itertools import islice

from megatron.energon import (
    Cooker,
    DefaultTaskEncoder,
    TextSample,
    WorkerConfig,
    basic_sample_keys,
    get_savable_loader,
    get_train_dataset,
    stateless,
)


@stateless
def cook(crude):
    """A talk as one text: who says what."""
    record = crude["json"]
    turns = zip(record["roles"], record["texts"], strict=True)
    text = "\n".join(f"{role}: {said or '<image>'}" for role, said in turns)
    return TextSample(**basic_sample_keys(crude), text=text)


class Encoder(DefaultTaskEncoder):
    """Samples as they are, talks cooked."""

    cookers = [Cooker(cook)]


if __name__ == "__main__":
    path, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dataset = get_train_dataset(
        path,
        worker_config=WorkerConfig(rank=0, world_size=1, num_workers=0, seed_offset=seed),
        batch_size=None,
        shuffle_buffer_size=None,
        max_samples_per_sequence=None,
        task_encoder=Encoder(),
    )
    drawn, types = Counter(), {}
    for sample in islice(get_savable_loader(dataset), count):
        folder = str(sample.__sources__[0].dataset_path)
        drawn[folder] += 1
        types[folder] = type(sample).__name__
    print(json.dumps({"drawn": drawn, "types": types}))
