"""`mixture.yaml` and `metadataset.yaml`: how often loaders should draw from each folder of shards.

A sample is in the corpus once, as the plan took it, so a folder's weight is its share of all
samples. Beside that stand the weights of the presets over the folders that are there.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from pipelines.corpus.census import Census, Sums
from pipelines.shard import ShardReceipt
from taxonomy.mixtures import Mixture
from taxonomy.presets import presets

FILE, ENERGON_FILE = "mixture.yaml", "metadataset.yaml"
_HEAD = """\
# How often to draw from each folder of shards; weights are chances of a sample and add up to 1.
#   told = yaml.safe_load(open("mixture.yaml"))["folders"]
#   parts = [wds.WebDataset(each["shards"], resampled=True) for each in told]
#   mix = wds.RandomMix(parts, [each["weight"] for each in told])
# `stages` has the weights of the presets over the same folders; `missing` is what is not here.
"""
_ENERGON_HEAD = """\
# How often Energon is to draw from each folder of shards; weights are chances of a sample.
#   get_train_dataset("metadataset.yaml", task_encoder=encoder, batch_size=None, ...)
# Pairs and plain texts are Energon's own samples. Talks, boxes and pages are crude: the encoder has
# `cookers = [Cooker(cook)]`, and cook(crude) makes a sample of crude["json"] and the images.
"""
_DIGITS = 6


def build(counted: Census, shards: list[tuple[str, list[ShardReceipt]]]) -> bytes:
    """Returns `mixture.yaml`.

    Args:
        counted: what the corpus holds.
        shards: by folder.
    """
    drawn = weights(counted.groups)
    folders = [
        {
            "folder": folder,
            "shards": _names(receipts),
            "samples": counted.groups[folder].samples,
            "characters": counted.groups[folder].characters,
            "tokens": counted.groups[folder].tokens,
            "bytes": counted.groups[folder].bytes,
            "weight": drawn[folder],
        }
        for folder, receipts in shards
    ]
    stages = {name: _stage(mixture, counted.groups) for name, mixture in presets().items()}
    return _HEAD.encode() + _yaml({"folders": folders, "stages": stages})


def metadataset(groups: Mapping[str, Sums]) -> bytes:
    """Returns Energon's list of the folders with their weights."""
    blend = [{"weight": weight, "path": f"./{name}"} for name, weight in weights(groups).items()]
    kind = {"__module__": "megatron.energon", "__class__": "MetadatasetV2"}
    return _ENERGON_HEAD.encode() + _yaml({**kind, "splits": {"train": {"blend": blend}}})


def weights(groups: Mapping[str, Sums]) -> dict[str, float]:
    """Returns each folder's share of all samples."""
    return _shared({name: float(sums.samples) for name, sums in sorted(groups.items())})


def stage_weights(mixture: Mixture, groups: Mapping[str, Sums]) -> dict[str, float]:
    """Returns the chances of a sample by which what is drawn comes to a mixture in its unit.

    Classes that are not there share out theirs to all others.
    """
    classes: dict[str, list[str]] = {}
    for folder in sorted(groups):
        classes.setdefault(folder.rsplit("/", 1)[0], []).append(folder)
    chances: dict[str, float] = {}
    for name, folders in classes.items():
        amount = sum(_amount(groups[folder], mixture.unit) for folder in folders)
        for folder in folders if amount else ():
            # The larger a sample, the seldomer it need be drawn for the same amount.
            chances[folder] = mixture.weights.get(name, 0.0) * groups[folder].samples / amount
    return _shared({folder: chance for folder, chance in chances.items() if chance})


def _stage(mixture: Mixture, groups: Mapping[str, Sums]) -> dict[str, Any]:
    there = {folder.rsplit("/", 1)[0] for folder in groups}
    missing = [name for name in mixture.weights if name not in there]
    return {"weights": stage_weights(mixture, groups), "missing": missing}


def _amount(sums: Sums, unit: str) -> int:
    # Without a tokenizer, a character counts as a token.
    tokens = sums.tokens or sums.characters
    return {"samples": sums.samples, "tokens": tokens, "bytes": sums.bytes}[unit]


def _shared(amounts: Mapping[str, float]) -> dict[str, float]:
    total = sum(amounts.values())
    return {name: round(amount / total, _DIGITS) for name, amount in amounts.items()}


def _names(shards: list[ShardReceipt]) -> str | list[str]:
    """The tars of a folder: as one pattern with braces where their numbers have no gap."""
    names = [shard.name for shard in shards]
    stem, numbers = names[0][:-6], [name[-6:] for name in names]
    if [int(number) for number in numbers] != list(range(len(names))):
        return [f"{name}.tar" for name in names]
    # webdataset expands a single name as it is.
    return f"{stem}{{{numbers[0]}..{numbers[-1]}}}.tar" if len(names) > 1 else f"{names[0]}.tar"


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, width=100).encode()
