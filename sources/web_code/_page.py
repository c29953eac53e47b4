"""Code of web pages, freed of what models and projects write around it."""

import re

_MARKS = re.compile(r"^\s*START\s|\sEND\s*$")
_FENCE = re.compile(r"```(?:html)?[ \t]*\n(.*?)```", re.DOTALL)
_PAGE = re.compile(r"(?:<!doctype html|<html\b).*</html>", re.DOTALL | re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def page(text: str) -> str:
    r"""Returns the code of a file without what stands around it.

    >>> page("START <html>a</html> END"), page("Sure!\n```html\n<p>b</p>\n```\nEnjoy.")
    ('<html>a</html>', '<p>b</p>')
    """
    text = _MARKS.sub("", text.replace("\r\n", "\n"))
    fenced = _FENCE.search(text)
    text = fenced.group(1) if fenced else text
    whole = _PAGE.search(text)
    return (whole.group() if whole else text).strip()


def decoded(data: bytes) -> str:
    """Returns the text of a file, by the encoding that it states if it is not UTF-8.

    Raises:
        ValueError: it states none, one that is not known, or not the right one.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        stated = _CHARSET.search(data[:4096])
        if not stated:
            raise ValueError(f"not UTF-8, and no other encoding is stated: {error}") from error
        try:
            return data.decode(stated.group(1).decode())
        except LookupError as unknown:
            raise ValueError(f"the page states an unknown encoding: {unknown}") from unknown
