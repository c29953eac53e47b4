"""What datatrove does to documents, on one core; run by its own Python.

Argument: the file of fastText's lid.176; documents come as lines of JSON on standard input. Prints
the seconds of processor time that its filters took, and how many documents they let through.
"""

import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
)


def filters(model):
    """The filters in the order in which FineWeb has them, with the language model of a file."""
    from fasttext.FastText import _FastText

    language = LanguageFilter(languages=["en"])
    language.model._model = _FastText(model)
    return [language, GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter()]


def passed(steps, documents):
    """How many documents go through all steps, chained as an executor chains them."""
    for step in steps:
        documents = step.run(documents)
    return sum(1 for _ in documents)


if __name__ == "__main__":
    texts = [json.loads(line) for line in sys.stdin]
    made = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    steps = filters(sys.argv[1])
    passed(steps, made[:20])
    made = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    start = time.process_time()
    count = passed(steps, made)
    print(time.process_time() - start, count)
