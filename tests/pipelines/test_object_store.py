"""Builds from and into object stores: the same bytes as on a disk."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import store
from pipelines.s3 import StoreError
from tests.pipelines import corpora, gcs_store, hadoop_store, object_store

pytestmark = pytest.mark.timeout(600)
URL, GOOGLE = f"s3://{object_store.BUCKET}", f"gs://{object_store.BUCKET}"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server for the tests of this file, to which this process is led too."""
    with (
        object_store.running(tmp_path_factory.mktemp("s3")) as environment,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        yield environment


@pytest.fixture
def gcs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that stands for Google's, to which this process is led; gives the bucket's URL."""
    with gcs_store.running(tmp_path_factory.mktemp("gcs")) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield GOOGLE


def compare_with_disk(url: str, tmp_path: Path) -> None:
    """Writes and finds files in a store and on the disk."""
    names = (
        "a.txt",
        "b/1.txt",
        "b/c/2.txt",
        "b/c/2.json",
        "b/.hidden/3.txt",
        ".tmp-x.txt",
        "[1].txt",
    )
    for name in names:
        store.write_bytes(f"{url}/find/{name}", name.encode())
        store.write_bytes(f"{tmp_path}/{name}", name.encode())
    for pattern in (
        "*",
        "**",
        "*.txt",
        "**/*.txt",
        "b/*",
        "b/**",
        "b/**/2.*",
        "?.txt",
        ".tmp-*",
        "n*",
    ):
        found, want = store.find(f"{url}/find/{pattern}"), store.find(f"{tmp_path}/{pattern}")
        cut = len(f"{url}/find/")
        assert [each.path[cut:] for each in found] == [
            each.path[len(f"{tmp_path}/") :] for each in want
        ], pattern
        assert [each.size for each in found] == [each.size for each in want]
    assert store.stat(f"{url}/find/[1].txt") == store.find(f"{url}/find/?1?.txt")[0]
    assert store.is_folder(f"{url}/find/b") and not store.is_folder(f"{url}/find/a.txt")


def test_files_behave_as_on_a_disk(s3: dict[str, str], tmp_path: Path) -> None:
    compare_with_disk(URL, tmp_path)


def test_files_in_googles_store_behave_as_on_a_disk(gcs: str, tmp_path: Path) -> None:
    compare_with_disk(gcs, tmp_path)
    with pytest.raises(RuntimeError), store.publishing(f"{gcs}/broken") as stream:
        stream.write(bytes(20_000_000))
        raise RuntimeError
    assert not store.exists(f"{gcs}/broken")
    store.write_bytes(f"{gcs}/empty", b"")
    assert store.open_file(f"{gcs}/empty").read() == b""
    store.remove([f"{gcs}/empty", f"{gcs}/empty", f"{gcs}/never"])
    assert not store.exists(f"{gcs}/empty")


def test_a_corpus_is_the_same_in_googles_store(gcs: str, workplace: Path, corpus: Path) -> None:
    gcs_store.put_folder(workplace / "raw", "raw")
    text, recipe = corpora.recipe_text(unit_size="20kB"), f"{gcs}/recipe.yaml"
    store.write_bytes(recipe, text.replace('"raw/', f'"{gcs}/raw/').encode())
    corpora.run("build", recipe, "--out", f"{gcs}/corpus", "--workers", 2)
    assert without_workshop(gcs_store.objects("corpus")) == without_places(corpora.files(corpus))


@pytest.mark.slow
def test_a_corpus_is_the_same_in_hadoop(
    tmp_path: Path, workplace: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hadoop").mkdir()
    with hadoop_store.running(tmp_path / "hadoop") as environment:
        monkeypatch.setenv(store.OPTIONS, environment[store.OPTIONS])
        compare_with_disk("hdfs://files", tmp_path / "disk")
        for path in sorted((workplace / "raw").rglob("*")):
            if path.is_file():
                name = path.relative_to(workplace)
                store.write_bytes(f"hdfs://{name}", path.read_bytes())
        text, recipe = corpora.recipe_text(unit_size="20kB"), "hdfs://raw/recipe.yaml"
        store.write_bytes(recipe, text.replace('"raw/', '"hdfs://raw/').encode())
        for workers in (2, 1):
            corpora.run("build", recipe, "--out", "hdfs://corpus", "--workers", workers)
            found = (each.path for each in store.find("hdfs://corpus/**"))
            built = {path[len("hdfs://corpus/") :]: store.open_file(path).read() for path in found}
            assert {"manifest.json", "report/index.html"} <= built.keys()
            want = without_places(corpora.files(corpus))
            assert without_workshop(built) == {
                name: data for name, data in want.items() if "/." not in f"/{name}"
            }


def without_workshop(built: dict[str, bytes]) -> dict[str, bytes]:
    return without_places(
        {name: data for name, data in built.items() if not name.startswith("_build/")}
    )


def without_places(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files of a corpus but two that hold the recipe, and so tell where the raw files are."""
    return {
        name: data
        for name, data in files.items()
        if name not in ("manifest.json", "report/index.html")
    }


def test_what_breaks_off_is_not_there(s3: dict[str, str]) -> None:
    path = f"{URL}/broken/file"
    with pytest.raises(RuntimeError), store.publishing(path) as stream:
        stream.write(bytes(20_000_000))
        raise RuntimeError
    assert store.stat(path) is None
    with pytest.raises(FileNotFoundError, match="there is no s3://"):
        store.open_file(path)
    store.write_bytes(path, b"")
    assert store.open_file(path).read() == b""
    store.write_bytes(path, b"whole")
    store.remove([path, path, f"{URL}/broken/never"])
    assert not store.exists(path)


def test_short_ranges_are_read_alone(s3: dict[str, str]) -> None:
    path = f"{URL}/ranges"
    store.write_bytes(path, bytes(range(256)) * 100_000)
    with store.open_ranges(path) as stream:
        stream.seek(256 * 90_000 + 5)
        assert stream.read(3) == bytes([5, 6, 7])


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nowhere"])
def test_a_store_that_does_not_answer_is_told_in_seconds(
    s3: dict[str, str], monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv(store.OPTIONS, f"--s3_endpoint_url={endpoint}")
    began = time.monotonic()
    with pytest.raises(StoreError, match=f"{URL}: the store does not answer: .*{endpoint}"):
        store.stat(f"{URL}/file")
    # Amazon's client and Beam would try for minutes.
    assert time.monotonic() - began < 60


def test_a_bucket_that_is_not_there_is_told(s3: dict[str, str], workplace: Path) -> None:
    done = corpora.run("build", workplace / "recipe.yaml", "--out", "s3://other/out", code=1)
    assert "s3://other: there is no such bucket at http://127.0.0.1" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_corpus_is_the_same_in_an_object_store(
    s3: dict[str, str], workplace: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every process is to learn from this where the server is.
    monkeypatch.setenv(store.OPTIONS, f"--s3_endpoint_url={s3['AWS_ENDPOINT_URL']}")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    object_store.put_folder(s3, workplace / "raw", "raw")
    text, recipe = corpora.recipe_text(unit_size="20kB"), f"{URL}/recipe.yaml"
    store.write_bytes(recipe, text.replace('"raw/', f'"{URL}/raw/').encode())
    corpora.run("build", recipe, "--out", f"{URL}/corpus", "--workers", 2)
    built = object_store.objects(s3, "corpus")
    assert {"manifest.json", "report/index.html"} <= built.keys()
    assert without_workshop(built) == without_places(corpora.files(corpus))
    corpora.run("build", recipe, "--out", f"{URL}/corpus", "--workers", 1)
    assert object_store.objects(s3, "corpus") == built
