"""The text of an HTML page that a reader sees."""

import codecs
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = frozenset(
    "head script style noscript template iframe object embed svg math canvas audio video select"
    " textarea button input map datalist dialog".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre section"
    " summary table tbody tfoot thead ul".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
# Marks that no text holds once its own control characters are white space.
_PARAGRAPH, _LINE, _TAB, _SPACE = "\x01", "\x02", "\x03", "\x04"
_MARKS = str.maketrans(dict.fromkeys((_PARAGRAPH, _LINE, _TAB, _SPACE), " "))
_KEPT = str.maketrans({"\n": _LINE, "\t": _TAB, " ": _SPACE})


def visible_text(page: bytes) -> tuple[str, str]:
    r"""Returns the text, a blank line between blocks, and the language that the page states.

    Raises:
        ValueError: the page is not in the encoding that it states, or in UTF-8.

    >>> visible_text(b"<html lang=en-GB><title>T</title><h1>A  <b>b</b></h1><p>c<br>d<script>x")
    ('A b\n\nc\nd', 'en-GB')
    """
    tree = LexborHTMLParser(_decoded(page))
    root = tree.root
    if root is None:
        return "", ""
    raw = "".join(_pieces(root))
    blocks = (_laid_out(block) for block in raw.split(_PARAGRAPH))
    return "\n\n".join(block for block in blocks if block), root.attributes.get("lang") or ""


def _pieces(root: LexborNode) -> list[str]:
    """Texts and marks in order; without recursion, as pages may nest without end."""
    pieces: list[str] = []
    # Nodes to visit, with whether their white space counts, and the marks that close those visited.
    left: list[tuple[LexborNode | str, bool]] = [(root, False)]
    while left:
        node, kept = left.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        if node.is_text_node:
            pieces.append(_words(node, kept))
            continue
        if not node.is_element_node or _is_unseen(node):
            continue
        opens, closes = _marks(node.tag or "")
        pieces.append(opens)
        left.append((closes, kept))
        children = []
        child = node.first_child
        while child is not None:
            children.append((child, kept or node.tag == "pre"))
            child = child.next
        left += reversed(children)
    return pieces


def _words(node: LexborNode, kept: bool) -> str:
    """The text of a text node, its white space kept or joined."""
    text = (node.text_content or "").translate(_MARKS)
    if kept:
        return text.replace("\r", "").translate(_KEPT)
    return re.sub(r"[ \t\n\r\f]+", " ", text)


def _is_unseen(node: LexborNode) -> bool:
    """Whether an element shows nothing."""
    if node.tag in _UNSEEN:
        return True
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def _marks(tag: str) -> tuple[str, str]:
    """What stands for the beginning and the end of an element."""
    if tag in _BLOCKS:
        return _PARAGRAPH, _PARAGRAPH
    if tag in ("td", "th"):
        return "", _TAB
    if tag in ("br", "tr"):
        return _LINE, ""
    return "", ""


def _laid_out(block: str) -> str:
    """One block with its lines."""
    lines = (re.sub(" {2,}", " ", line.strip()) for line in block.split(_LINE))
    whole = "\n".join(lines).replace(_TAB, "\t").replace(_SPACE, " ")
    return "\n".join(line.rstrip() for line in whole.split("\n")).strip("\n")


def _decoded(page: bytes) -> str:
    """The page as text."""
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return page.decode("utf-16")
    stated = _CHARSET.search(page[:4096])
    if not page.startswith(codecs.BOM_UTF8) and stated:
        name = stated.group(1).decode("ascii")
        try:
            return page.decode(name)
        except LookupError as error:
            raise ValueError(f"the page states an unknown encoding, {name!r}") from error
    return page.decode("utf-8-sig")
