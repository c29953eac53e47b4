"""Answered prompts of the taxonomy: in-house data as the paper makes it.

`shardwright prompts` chooses prompts for images and writes `prompts.jsonl`; an annotator or a
teacher model fills in `answer`, and the file comes back here. A row:

    {"key": "pairs-0c1d...", "prompt_id": "5f0e...", "prompt": "How many gulls are there?",
     "use_case": "recognition/local-description/counting", "language": "en", "form": "number",
     "answer": "3", "images": ["images/pairs-0c1d....png"], "licence": "CC0-1.0", "origin": "..."}

Quirks: an answer that is missing, in another language, not in the form that the prompt demands, or
a refusal (but for prompts of Safety) makes the row a skip that says so. Without a `use_case` the
labeller finds one.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.readers import by_extension
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import About, find, images, sample, take, text_of
from sources.source import Row, Source
from taxonomy.answers import fault
from taxonomy.prompts import FORMS
from taxonomy.use_cases import LANGUAGES


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a question on images, and its answer."""
    asked, told = (text_of(take(row, name), name).strip() for name in ("prompt", "answer"))
    language, form, use_case, key, prompt = (
        text_of(find(row, name), name)
        for name in ("language", "form", "use_case", "key", "prompt_id")
    )
    if language not in LANGUAGES or form not in ("", *FORMS):
        raise ValueError(
            f"language {language!r}, form {form!r}: expected one of {', '.join(LANGUAGES)}, and "
            f"one of {', '.join(FORMS)} or nothing"
        )
    wrong = fault(told, language=language, form=form, use_case=use_case)
    if wrong:
        yield Skip(reason=wrong, detail=told[:200])
        return
    said = [Segment(text=asked, role="user"), Segment(text=told, role="assistant")]
    about: About = {"licence": "licence", "origin": "origin", "language": "language"}
    made = sample(row, [*images(row, "images", "user"), *said], about, taxonomy=use_case)
    # One answer to one prompt on one image, wherever in a file it stands.
    yield replace(made, row=f"{key}:{prompt}") if key and prompt else made


SOURCE = Source(
    title="Answered prompts of the taxonomy of use cases",
    version="1",
    category="sft/taxonomy",
    licence="unknown",
    homepage="https://arxiv.org/abs/2403.05525",
    files=("**/*.jsonl", "**/*.jsonl.gz", "**/*.parquet"),
    read=by_extension(),
    parse=parse,
    languages=("en", "zh"),
    citation="Lu et al., DeepSeek-VL, 2024",
    download="What `shardwright prompts` wrote, with the answers filled in.",
)
