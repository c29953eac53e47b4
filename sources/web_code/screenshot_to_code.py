r"""Screenshots of pages with their code, paired by name, as screenshot-to-code keeps them.

That tool ships no pairs; its folders are `inputs/NAME.png` and
`results/Mon_DD_YYYY_MODEL_STACK/NAME_ATTEMPT.html`. Any two folders side by side are taken too, as
`html/86.html` and `images/86.jpg` of an older project of that name. Set `images` to the folder of
pictures, seen from the root.

A file: `START <!DOCTYPE html>\r\n<html>... </html> END`, whole; the picture is found by its name.

Quirks: some projects put `START` and `END` around the code, which are cut off, and models write a
code fence or a sentence around it, of which only the code is kept; line ends may be CRLF; bytes may
be of the encoding that the page states, not UTF-8; an attempt's number follows the last `_`, and
pictures have one of several extensions, so give `image` if it is not `.png`; pages name pictures
and styles that are not there.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from posixpath import basename, splitext

from sources.prompts import ask
from sources.readers import WholeFile
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source
from sources.web_code._page import decoded, page

_POOL = "pretrain/web_code/page"


def parse(
    row: Row,
    *,
    image: str = "{name}.png",
    attempts: bool = False,
    languages: Sequence[str] = ("en", "zh"),
) -> Iterator[Sample | Skip]:
    """Yields the screenshot, a question, and the code as its answer.

    Args:
        row: a file of HTML.
        image: path of the picture, by the name of the file.
        attempts: whether names end in `_` and the number of an attempt.
        languages: of the question, en or zh; which of them, the file's path decides. With none, the
            sample is a pair for pretraining.
    """
    code = page(decoded(row.value))
    if not code:
        yield Skip(reason="no_code")
        return
    name = splitext(basename(row.file))[0]
    picture = image.format(name=name.rpartition("_")[0] if attempts else name)
    if not languages:
        pair = (Segment(path=picture), Segment(text=code))
        yield Sample(segments=pair, category="pretrain/web_code", code_language="html")
        return
    digest = blake2b(row.identity.encode(), digest_size=8).digest()
    language = languages[int.from_bytes(digest) % len(languages)]
    segments = (
        Segment(path=picture, role="user"),
        ask(_POOL, row, language, "html"),
        Segment(text=f"```html\n{code}\n```", role="assistant"),
    )
    yield Sample(segments=segments, code_language="html")


SOURCE = Source(
    title="Screenshots to code",
    version="1",
    category="sft/web_code",
    licence="MIT",
    homepage="https://github.com/abi/screenshot-to-code",
    files=("**/*.html", "**/*.htm"),
    read=WholeFile(),
    parse=parse,
    languages=("en", "zh"),
    citation="Abi Raja, screenshot-to-code, GitHub, 2023",
    download="Nothing is released: run the tool on your screenshots, or bring pairs of your own.",
)
