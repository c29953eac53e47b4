"""Annotate: what the model says of samples, in builds and of corpora that stand."""

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from model.score import Failure, Score, Scorer
from pipelines import build, store, tar
from pipelines.corpus import explore, verify, why
from pipelines.corpus.state import open_corpus
from pipelines.job import Job
from pipelines.layout import Layout
from pipelines.plan import refused
from pipelines.recipe import Filter
from pipelines.recipe_reader import RecipeError, read_recipe
from pipelines.scoring import finished
from pipelines.scoring.batches import Batch, cut, read_sample
from pipelines.scoring.handler import ScoreHandler, score
from pipelines.scoring.settings import Scoring, device_faults
from sources.sample import Sample, Segment, to_members
from tests.pipelines import corpora

SETTINGS = {"batch": 4}


def make(folder: Path, out: str, **more: object) -> Path:
    """Builds a small corpus in this process."""
    if not (folder / "raw").exists():
        corpora.make_raw(folder / "raw", documents=10, pairs=9)
    recipe = read_recipe(str(corpora.make_recipe(folder, **more)))
    job = Job(recipe=recipe, out=str(folder / out), workers=1)
    build.run_stages(job, lambda stage: None)
    return folder / out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scored")


@pytest.fixture(scope="module")
def scored(folder: Path) -> Path:
    """A corpus whose recipe asks for scores."""
    return make(folder, "scored", score=SETTINGS)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer("tiny")


def rows(corpus: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(corpus.glob("pretrain/*/*/*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield path.with_suffix(".tar"), row


def test_the_index_has_the_score_of_each_sample_alone(scored: Path, scorer: Scorer) -> None:
    found = list(rows(scored))
    assert len(found) == corpora.manifest(scored)["samples"] == 14
    for path, row in found:
        with path.open("rb") as stream:
            sample = read_sample(stream, row["offset"], row["bytes"])
        (alone,) = scorer.score([sample])
        assert isinstance(alone, Score) and row["score"]["valid"]
        for name in ("loss", "image_worth", "perplexity", "tokens", "length"):
            assert row["score"][name] == getattr(alone, name)
    worths = [row["score"]["image_worth"] for _, row in found]
    assert sum(worth is not None for worth in worths) == 8


def test_explore_shows_what_a_threshold_on_scores_would_drop(scored: Path) -> None:
    corpus = open_corpus(str(scored))
    worths = [row["score"]["image_worth"] for _, row in rows(scored)]
    least, second, *_ = sorted(worth for worth in worths if worth is not None)
    told = explore.describe(corpus, "score.image_worth", second, None)
    assert told["entries"]["pairs"]["dropped"] == 1
    assert told["entries"]["pairs"]["quantiles"]["least"] == least
    assert [each["value"] for each in told["examples"]["min"]][:2] == [least, second]
    assert "score.loss" in explore.overview(corpus)


def test_a_threshold_is_applied_without_scoring_again(folder: Path, scored: Path) -> None:
    out = folder / "fewer"
    shutil.copytree(scored, out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("_build/scores/*/*/*.parquet")}
    worths = sorted(row["score"]["image_worth"] or 9 for _, row in rows(out))
    least = {"fact": "score.image_worth", "min": worths[2], "category": "pretrain/caption"}
    left = out / "_build" / "scores" / "0" / "ab" / "ab00.dead.parquet"
    left.parent.mkdir(parents=True)
    left.touch()  # of an attempt that is gone
    make(folder, "fewer", score=SETTINGS, filters=[least])
    assert not left.exists()
    after = {path: path.stat().st_mtime_ns for path in out.glob("_build/scores/*/*/*.parquet")}
    assert before == after and before
    funnel = corpora.manifest(out)["funnel"]
    assert funnel["pairs"]["removed"] == {"filter_score.image_worth": 2}
    assert min(row["score"]["image_worth"] or 9 for _, row in rows(out)) == worths[2]
    stories, _ = why.tell(open_corpus(str(out)), "pairs-")
    told = [step["detail"] for story in stories for step in story["steps"]]
    assert f"score.image_worth is {worths[0]!r}; the recipe asks for at least {worths[2]}" in str(
        told
    )
    page = (out / "report" / "index.html").read_text()
    assert "the nearest that go" in page and f"image_worth {worths[1]:.4f}" in page


@pytest.mark.timeout(600)
def test_two_workers_score_a_finished_corpus_without_its_tars(folder: Path, scored: Path) -> None:
    out = make(folder, "plain")
    before = corpora.files(out)
    corpora.run("score", out, "--batch", 5, "--workers", 2)
    after, asked = corpora.files(out), corpora.files(scored)
    for name in before:
        if name.endswith((".tar", ".idx", "wids-meta.json", "mixture.yaml")):
            assert after[name] == before[name], name
    # It is what a build with scores gives, but for the recipe.
    other = {name for name in before if after[name] != asked[name]}
    assert other <= {"manifest.json", "report/index.html"}
    for name in ("digest", "scores"):
        assert corpora.manifest(out)[name] == corpora.manifest(scored)[name]
    assert list(verify.check(open_corpus(str(out)))) == []
    again = finished.Job(out=str(out), scoring=Scoring(batch=5))
    finished.score(again, lambda stage: None)
    assert corpora.files(out) == after


@dataclass
class Counting:
    """A model that notes what it is asked, and breaks at one sample, or at one call."""

    model: Scorer
    bad: str = ""
    calls: list[int] = field(default_factory=list)

    def score_apart(self, samples: list[Sample]) -> list[Score | Failure]:
        if self.bad == "call" and self.calls:
            raise MemoryError("no more")
        self.calls.append(len(samples))
        return self.model.score_apart(samples)


def write_tar(folder: Path, samples: list[Sample]) -> list[tuple[int, int]]:
    """Writes samples one behind the other, as they are staged; returns their places."""
    out, places = io.BytesIO(), []
    for sample in samples:
        start = out.tell()
        for name, content in to_members(sample):
            tar.write_member(out, name, content)
        places.append((start, out.tell() - start))
    (folder / "x.tar").write_bytes(out.getvalue() + tar.END)
    return places


def pictures(count: int) -> list[Sample]:
    blobs = [corpora.picture(seed) for seed in range(count)]
    return [
        Sample(key=f"k{n}", segments=(Segment(image=blob), Segment(text="a picture")))
        for n, blob in enumerate(blobs)
    ]


def batches(folder: Path, samples: list[Sample], most: int) -> list[Batch]:
    places = write_tar(folder, samples)
    return [
        Batch(group="g", tar=str(folder / "x.tar"), part=str(folder / f"{n}.jsonl"), places=packed)
        for n, packed in enumerate(cut(places, most))
    ]


def test_a_sample_that_breaks_fails_alone(tmp_path: Path, scorer: Scorer) -> None:
    samples = pictures(3)
    cut_off = Segment(image=corpora.picture(7)[:60])
    samples[1] = Sample(key="bad", segments=(cut_off, Segment(text="a picture")))
    (batch,) = batches(tmp_path, samples, 8)
    first, second, third = score(batch, scorer)
    assert second[1:3] == [False, "broken"] and "cannot decode an image" in second[3]
    assert second[4:] == [None] * 11
    alone = [next(score(each, scorer)) for each in batches(tmp_path, samples, 1)]
    assert [first, second, third] == alone and first[1] and third[1]


def test_what_breaks_the_model_fails_alone(
    tmp_path: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scorer.score

    def break_at(samples: list[Sample]) -> list[Score | Failure]:
        if any(sample.key == "k1" for sample in samples):
            raise RuntimeError("expected this\nat that")
        return whole(samples)

    monkeypatch.setattr(scorer, "score", break_at)
    (batch,) = batches(tmp_path, pictures(3), 8)
    found = list(score(batch, scorer))
    assert [row[1] for row in found] == [True, False, True]
    assert found[1][2:4] == ["broken", "RuntimeError: expected this"]


def test_scored_batches_are_not_scored_again(tmp_path: Path, scorer: Scorer) -> None:
    given = batches(tmp_path, pictures(5), 2)
    handler = ScoreHandler(Layout(out=str(tmp_path)), Scoring())
    dying = Counting(scorer, bad="call")
    handler.load_model()
    with pytest.raises(MemoryError):
        list(handler.run_inference(given, dying))  # type: ignore[arg-type]
    assert [Path(each.part).exists() for each in given] == [True, False, False]
    going_on = Counting(scorer)
    assert list(handler.run_inference(given, going_on)) == ["g"] * 3  # type: ignore[arg-type]
    assert going_on.calls == [2, 1]
    assert sum(1 for each in given for _ in store.read_lines(each.part)) == 5


def test_batches_end_before_they_are_too_large() -> None:
    sizes = [(n * 30_000_000, 30_000_000) for n in range(4)] + [(120_000_000, 99_000_000)]
    assert [len(packed) // 16 for packed in cut(sizes, 32)] == [2, 2, 1]


def test_only_what_was_scored_meets_a_filter_on_scores() -> None:
    facts = {"category": "pretrain/text", "stanza": "x", "measures": []}
    right = Filter(fact="score.valid", allowed=(True,))
    assert refused({**facts, "score": None}, [right]) is None
    assert refused({**facts, "score": {"valid": True}}, [right]) is None
    assert refused({**facts, "score": {"valid": False}}, [right]) == "filter_score.valid"
    low = Filter(fact="score.image_worth", min=0.0)
    assert refused({**facts, "score": {"image_worth": None}}, [low]) is None
    assert refused({**facts, "score": {"image_worth": -0.1}}, [low]) == "filter_score.image_worth"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"filters": [{"fact": "score.loss", "max": 3}]}, "add a `score` section"),
        ({"score": {}, "filters": [{"fact": "score.wit", "max": 3}]}, "unknown score 'score.wit'"),
        ({"dedup": {"quality": "score.loss"}}, "add a `score` section"),
        ({"score": {}, "dedup": {"quality": "score.valid"}}, "there are these numbers: score.le"),
        ({"score": {"model": "nowhere"}}, "no model .*nowhere': give `tiny`, or the path"),
        ({"score": {"model": "raw"}}, "lacks config.json and tokenizer.json"),
        ({"score": {"categories": ["x"]}}, "unknown category 'x'"),
        ({"score": {"batch": 65}}, "65 is greater than the maximum of 64"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    (tmp_path / "raw").mkdir()
    path = tmp_path / "recipe.yaml"
    path.write_text(corpora.recipe_text(**more))
    with pytest.raises(RecipeError, match=message):
        read_recipe(str(path))


def test_a_device_that_is_not_there_is_refused() -> None:
    assert list(device_faults("cpu", "DirectRunner")) == []
    (told,) = device_faults("cuda:99", "DirectRunner")
    assert told.startswith("device 'cuda:99': this machine has cpu")


def test_a_picture_of_any_mode_is_scored(scorer: Scorer) -> None:
    out = io.BytesIO()
    Image.new("LA", (9, 5)).save(out, "PNG")
    sample = Sample(segments=(Segment(image=out.getvalue()), Segment(text="grey")))
    assert isinstance(scorer.score([sample])[0], Score)
