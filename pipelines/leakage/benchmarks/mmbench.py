"""MMBench and CCBench: questions about pictures with up to four options, English and Chinese.

`MMBench_{DEV,TEST}_{EN,CN}.tsv` or `CCBench.tsv`; a row of the table:

    index  question  hint  A  B  C  D  answer  category  l2-category  source  split  image

Quirks: `image` is base64, or the index of another row that holds the picture; older files repeat a
question with its options turned round, at index + 1,000,000. Fields are quoted and hold line ends.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, take, words_of
from sources.readers import by_extension
from sources.source import Row

_TURNED = 1_000_000
# Shorter ones are the index of another row.
_INDEX = 12


def items(row: Row) -> Iterator[Item]:
    """A question with its hint, options and picture."""
    value = row.value
    number = str(take(value, "index", "id") or row.identity)
    if number.isdecimal():
        number = str(int(number) % _TURNED)
    image = value.get("image")
    elsewhere = isinstance(image, str) and len(image) < _INDEX and image.isdecimal()
    texts = words_of(value.get("hint"), *(value.get(name) for name in "ABCD"))
    yield Item(
        id=number,
        question=value["question"],
        texts=tuple(text for text in texts if text != "nan"),
        images=() if elsewhere else pictures(value, "image"),
    )


BENCHMARK = Benchmark(
    title="MMBench and CCBench: questions about pictures",
    homepage="https://github.com/open-compass/MMBench",
    files=("**/MMBench*.tsv", "**/CCBench*.tsv", "**/*.parquet"),
    read=by_extension(),
    items=items,
)
