"""The questions of a corpus: facts from the indexes of its shards, words from their JSON."""

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import Any

from pipelines import labels, store, tar
from pipelines.corpus.lookup import Found
from pipelines.corpus.state import Corpus
from sources.sample import Sample, Segment, from_members
from taxonomy.draw import rank
from taxonomy.evaluation import Question
from taxonomy.use_cases import cut

# For each question that a class is to give, so many are looked at: some are not fit.
_SPARE, _LEAST = 20, 50
_FACTS = ["category", "taxonomy", "key"]


def candidates(corpus: Corpus, classes: Sequence[str], size: int, depth: int) -> list[Found]:
    """Returns samples to pick from: of each class the first by a hash of the key.

    Args:
        corpus: to read from.
        classes: ids of the classes of that depth.
        size: of the evaluation set.
        depth: of the classes.
    """
    most = max(_LEAST, _SPARE * -(-size // len(classes)))
    pools: dict[str, list[tuple[float, str, str]]] = {id: [] for id in classes}
    for shard in _shards(corpus):
        for batch in corpus.index(shard, _FACTS):
            for row in batch.to_pylist():
                pool = pools.get(cut(row["taxonomy"], depth))
                if pool is not None:
                    pool.append((rank(0, "candidate", row["key"]), row["key"], shard))
        pools = {id: nsmallest(most, pool) for id, pool in pools.items()}
    wanted: dict[str, set[str]] = {}
    for pool in pools.values():
        for _, key, shard in pool:
            wanted.setdefault(shard, set()).add(key)
    return [each for shard, keys in wanted.items() for each in _found(corpus, shard, keys)]


def question_of(found: Found, sample: Sample | None = None) -> Question:
    """Returns what is asked in a sample, and about which image; only its first image counts."""
    facts = found.facts
    sample = sample or words(found)
    return Question(
        key=facts["key"],
        text=labels.question(sample),
        use_case=facts["taxonomy"],
        image=next(iter(facts["image_hashes"]), ""),
        looks=next(iter(facts["perceptual_hashes"]), ""),
    )


def trained_on(corpus: Corpus) -> Iterator[Question]:
    """Streams all that a corpus trains on: questions, and the images of samples without any."""
    for shard in corpus.shards():
        asks = shard.name.startswith("sft/")
        for each in _found(corpus, shard.name):
            asked = question_of(each, None if asks else _NOTHING)
            seen = zip(each.facts["image_hashes"], each.facts["perceptual_hashes"], strict=True)
            yield asked
            # Every further image of a sample is trained on too.
            for image, looks in list(seen)[1:]:
                yield Question(key=asked.key, text="", image=image, looks=looks)


def words(found: Found) -> Sample:
    """Reads a sample without its images: one short read of its JSON."""
    names: list[str] = found.facts["member_names"]
    place = next(at for at, name in enumerate(names) if name.endswith(".json"))
    with store.open_file(found.tar) as stream:
        start = found.start + found.facts["member_offsets"][place]
        record = tar.read_range(stream, start, found.facts["member_sizes"][place])
    return from_members({names[place]: record, **dict.fromkeys(names[place + 1 :], b"")})


_NOTHING = Sample(segments=(Segment(text=""),))


def _shards(corpus: Corpus) -> list[str]:
    return [shard.name for shard in corpus.shards() if shard.name.startswith("sft/")]


def _found(corpus: Corpus, shard: str, keys: set[str] | None = None) -> Iterator[Found]:
    """Streams the samples of a shard, or those of some keys."""
    path = corpus.layout.corpus(f"{shard}.tar")
    for batch in corpus.index(shard):
        for row in batch.to_pylist():
            facts: dict[str, Any] = row
            if keys is None or facts["key"] in keys:
                yield Found(tar=path, start=0, facts=facts)
