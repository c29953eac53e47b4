"""Instructions for rows that have none, drawn from the pools of the taxonomy."""

import re
from functools import cache
from hashlib import blake2b

from sources.sample import Segment
from sources.source import Row
from taxonomy.prompts import pools

_HAN = re.compile(r"[\u4e00-\u9fff]")


def ask(pool: str, row: Row, language: str = "en", form: str = "") -> Segment:
    """Returns what a user says: a prompt of a pool, the same one for a row on every machine.

    Args:
        pool: a use case, or a category and a task, such as `pretrain/caption/detailed`.
        row: the raw row.
        language: en or zh.
        form: the form that the answer has; prompts that demand another are not drawn.

    Raises:
        ValueError: there is no such pool.
    """
    prompts = _prompts(pool, language, form)
    if not prompts:
        raise ValueError(f"there is no prompt in {language!r} in a pool {pool!r}")
    digest = blake2b(f"{pool}\n{row.identity}".encode(), digest_size=8).digest()
    return Segment(text=prompts[int.from_bytes(digest) % len(prompts)], role="user")


def language_of(answer: str) -> str:
    """Returns the language in which to ask for an answer: zh for one that is largely Chinese.

    >>> language_of("一只猫坐在 sofa 上"), language_of("The sign reads 茶.")
    ('zh', 'en')
    """
    letters = sum(letter.isalpha() for letter in answer)
    return "zh" if 4 * len(_HAN.findall(answer)) > letters > 0 else "en"


@cache
def _prompts(pool: str, language: str, form: str) -> tuple[str, ...]:
    """The texts of a pool in one language."""
    return tuple(
        prompt.text
        for prompt in pools()
        if (prompt.pool, prompt.language) == (pool, language) and prompt.form in ("", form)
    )
