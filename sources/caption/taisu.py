"""TaiSu: pictures of the Chinese web with a text of the page, a generated caption, or both.

By request to the authors: `baidu_images*.tgz`, to be unpacked into one folder of pictures called by
their ids, and one text file with all captions. Set `images` to the folder of pictures.

A line: `img1baiducomitu2243932838*****web caption*****generated caption`

Quirks: `None` stands for a caption that is not there; ids may end in `&`; captions hold asterisks
(`48*3`), brackets, double spaces and lone quotes, so only five asterisks part fields, and only the
first two such marks; some pictures are damaged or missing, as the authors say.
"""

from collections.abc import Iterator, Sequence

from sources.readers import Lines
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source

_CAPTIONS = ("web", "generated")


def parse(
    row: Row,
    *,
    captions: Sequence[str] = _CAPTIONS,
    every: bool = False,
    image: str = "{id}.jpg",
) -> Iterator[Sample | Skip]:
    """Yields the picture with its caption.

    Args:
        row: a line.
        captions: which captions are wanted, `web` or `generated`, the preferred one first.
        every: whether each of them gives a sample, or only the first that is there.
        image: path of a picture, by its id.
    """
    if unknown := set(captions) - set(_CAPTIONS):
        raise ValueError(f"captions {sorted(unknown)} are none of {', '.join(_CAPTIONS)}")
    fields = row.value.split("*****", 2)
    if len(fields) != 3 or not fields[0].strip():
        raise ValueError(f"got {row.value[:60]!r}, expected an id and two captions behind *****")
    given = dict(zip(_CAPTIONS, (field.strip() for field in fields[1:]), strict=True))
    found = [given[name] for name in captions if given[name] not in ("", "None")]
    if not found:
        yield Skip(reason="no_text")
    picture = Segment(path=image.format(id=fields[0].strip()))
    for caption in found if every else found[:1]:
        yield Sample(segments=(picture, Segment(text=caption)), language="zh")


SOURCE = Source(
    title="TaiSu",
    version="1",
    category="pretrain/caption",
    licence="CC-BY-NC-SA-4.0",
    homepage="https://github.com/ksOAn6g5/TaiSu",
    files=("**/*.txt",),
    read=Lines(),
    parse=parse,
    languages=("zh",),
    citation="Liu et al., TaiSu: A 166M Large-scale High-Quality Chinese Dataset, NeurIPS 2022",
    download="By e-mail to the authors; unpack the archives of pictures into one folder.",
)
