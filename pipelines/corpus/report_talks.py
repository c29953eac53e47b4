"""The report's section on conversations: what they are like, and whether model and labeller agree.

Only corpora with conversations have it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.corpus import talks
from pipelines.corpus.markup import Html, table, tag


def conversations(counted: talks.TalkCensus, recipe: Mapping[str, Any]) -> Iterator[Html]:
    """Yields a card with a line for each entry, and one on the model's opinion if it was asked."""
    shown = table(talks.HEAD, talks.rows(counted.conversations()))
    yield tag("div", shown, tag("p", talks.NOTE, class_="soft"), class_="card")
    told = counted.agreement(recipe)
    if told:
        title = tag("h3", "The model's second opinion on use cases")
        shown = table(talks.AGREEMENT_HEAD, talks.agreement_rows(told))
        note = tag("p", talks.agreement_note(told), class_="soft")
        yield tag("div", title, shown, note, class_="card")
