"""The markup of MediaWiki as texts and pictures in reading order."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import mwparserfromhell
from mwparserfromhell import nodes

from sources.sample import Segment

_FILES = ("file", "image", "文件", "檔案", "档案", "图像", "圖像", "файл", "картинка")
# Links that show nothing in the text, beside those to pages in other languages.
_OTHERS = frozenset(("category", "分类", "分類", "категория", "simple", "wikt", "commons"))
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".tif", ".tiff")
# Words after a file's name that are no caption: place, frame, size, and settings.
_SETTING = re.compile(
    r"(thumb(nail)?|frame(d|less)?|border|left|right|center|none|upright|baseline|middle|top|bottom"
    r"|缩略图|縮圖|有框|无框|無框|左|右|居中|置中|无|無|мини|ляво|дясно"
    r"|\d*x?\d+\s?\w{2,3}|[a-z]+\s*=.*|(替代|替代文字|链接|連結|页数)\s*=.*)",
    re.DOTALL,
)
_LEFT_OUT = frozenset(
    "ref references table gallery style script noinclude imagemap timeline score templatestyles"
    " section graph mapframe maplink hiero ce chem".split()
)
# Sections that hold lists of links and nothing to read, by their headings in lower case.
_LAST = frozenset(
    "references|external links|see also|further reading|notes|bibliography|参考文献|參考文獻"
    "|外部链接|外部連結|参见|參見|参考资料|參考資料|注释|註釋|相关条目|延伸阅读|延伸閱讀|脚注".split(
        "|"
    )
)
_CONVERTED = re.compile(r"-\{([^{}]*)\}-")
_SCRIPTS = {
    "zh-hans": ("zh-hans", "zh-cn", "zh-sg", "zh"),
    "zh-hant": ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "zh"),
}
# Lines of tables that do not close, which the parser takes for text, and switches.
_UNREAD = re.compile(r"\{\||\||!|__[A-Z]+__$")
# References, cut out first: odd quotes in them lead the parser astray.
_REFERENCE = re.compile(
    r"<!--.*?-->|<ref[^<>]*/>|<ref\b[^<>]*>[^<]*(?:<(?!/?ref\b)[^<]*)*</ref\s*>", re.DOTALL | re.I
)
_QUOTES = re.compile("'{2,5}")
# What the parser leaves of a link that it takes for text.
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]")
# Marks a picture in a text; the markup itself cannot hold it.
_PICTURE = "\x00"


def segments(markup: str, script: str = "zh-hans", *, images: bool = True) -> list[Segment]:
    """Returns what a page says and shows; pictures are addresses at Wikimedia Commons.

    Templates, tables, references, galleries and closing lists of links are left out.

    Args:
        markup: the page's source.
        script: which of its Chinese wordings to take where it gives several.
        images: whether pictures are wanted; their captions go with them.
    """
    pictures: list[Segment] = []
    markup = converted(_REFERENCE.sub("", markup.replace(_PICTURE, "")), script)
    text = "".join(_words(_parsed(markup), pictures if images else None))
    found: list[Segment] = []
    left = iter(pictures)
    for number, part in enumerate("\n\n".join(_kept(text)).split(_PICTURE)):
        if number:
            found.append(next(left))
        if part.strip():
            found.append(Segment(text=part.strip()))
    return found


def converted(markup: str, script: str) -> str:
    """Returns markup with one of the wordings of each `-{...}-`.

    >>> converted("-{zh-hans:软件;zh-hant:軟體}-与-{T|zh-cn:a}--{raw}-", "zh-hant")
    '軟體与raw'
    """
    return _CONVERTED.sub(lambda match: _wording(match.group(1), _SCRIPTS[script]), markup)


def commons_url(name: str) -> str:
    """Returns where Wikimedia Commons keeps a file; of a drawing, its picture 960 pixels wide.

    >>> commons_url("captain John L. Anderson.png")
    'https://upload.wikimedia.org/wikipedia/commons/0/00/Captain_John_L._Anderson.png'
    """
    name = re.sub(r"[\s_]+", "_", name.strip())
    name = name[:1].upper() + name[1:]
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    path, root = quote(name), "https://upload.wikimedia.org/wikipedia/commons"
    if name.lower().endswith(".svg"):
        return f"{root}/thumb/{digest[0]}/{digest[:2]}/{path}/960px-{path}.png"
    return f"{root}/{digest[0]}/{digest[:2]}/{path}"


def _parsed(markup: str) -> Any:
    """The nodes of markup; quotes, which mark bold and italic, stay in the texts."""
    return mwparserfromhell.parse(markup, skip_style_tags=True)


def _wording(inner: str, wanted: tuple[str, ...]) -> str:
    flags, bar, rest = inner.partition("|")
    if bar and re.fullmatch(r"[A-Za-z;-]*", flags.strip()):
        if set(flags.strip().upper()) & set("HTD-"):
            return ""
        inner = rest
    pairs = [part.partition(":") for part in inner.split(";") if ":" in part]
    words = {code.strip().lower(): said.strip() for code, _, said in pairs}
    chosen = next((words[code] for code in wanted if code in words), None)
    if chosen is not None:
        return chosen
    return next(iter(words.values())) if any(code.startswith("zh") for code in words) else inner


def _words(tree: Any, pictures: list[Segment] | None) -> Iterator[str]:
    """The words of nodes in order, with a mark for each picture, if pictures are wanted here."""
    for node in tree.nodes:
        if isinstance(node, nodes.Text):
            yield _QUOTES.sub("", node.value)
        elif isinstance(node, nodes.Wikilink):
            yield from _link(node, pictures)
        elif isinstance(node, nodes.Heading):
            said = "".join(_words(node.title, None)).strip()
            yield f"\n\n{'#' * node.level} {said}\n\n"
        elif isinstance(node, nodes.Tag):
            yield from _tag(node, pictures)
        elif isinstance(node, nodes.ExternalLink) and node.brackets and node.title is not None:
            yield from _words(node.title, pictures)
        elif isinstance(node, nodes.HTMLEntity):
            yield node.normalize()
        elif isinstance(node, nodes.Template):
            yield _template(node)


def _link(node: Any, pictures: list[Segment] | None) -> Iterator[str]:
    """A picture with its caption, or the words of a link."""
    title = str(node.title).strip()
    prefix, colon, name = title.partition(":")
    prefix = prefix.strip().lower()
    if colon and prefix in _FILES:
        name = name.strip()
        if pictures is not None and name.lower().endswith(_PICTURES):
            pictures.append(Segment(path=commons_url(name)))
            yield f"\n\n{_PICTURE}{_caption(node)}\n\n"
        return
    if colon and prefix and (prefix in _OTHERS or re.fullmatch(r"[a-z]{2,3}(-[a-z]+)*", prefix)):
        return  # a category, or the page in another language
    yield from _words(node.text if node.text is not None else node.title, None)


def _caption(node: Any) -> str:
    """The last of a file's settings that is none."""
    if node.text is None:
        return ""
    # Bars within links and templates part no settings.
    parts = [""]
    for child in node.text.nodes:
        if not isinstance(child, nodes.Text):
            parts[-1] += str(child)
            continue
        first, *rest = child.value.split("|")
        parts[-1] += first
        parts += rest
    captions = [part for part in parts if part.strip() and not _SETTING.fullmatch(part.strip())]
    if not captions:
        return ""
    said = "".join(_words(_parsed(captions[-1]), None))
    return " ".join(said.split())


def _tag(node: Any, pictures: list[Segment] | None) -> Iterator[str]:
    name = str(node.tag).strip().lower()
    if name == "br":
        yield "\n"
    elif name in ("li", "dd", "dt") and node.wiki_markup:
        yield "- " if name == "li" else ""
    elif name == "math" and node.contents is not None:
        yield f"${' '.join(str(node.contents).split())}$"
    elif name not in _LEFT_OUT and node.contents is not None:
        yield from _words(node.contents, pictures)


def _template(node: Any) -> str:
    """The words of the few templates that stand within sentences; nothing for the others."""
    name = str(node.name).strip().lower()
    given: Mapping[str, str] = {
        str(each.name).strip(): str(each.value).strip() for each in node.params
    }
    if name in ("convert", "cvt") and {"1", "2"} <= given.keys():
        return f"{given['1']} {given['2']}"
    # Templates of a language name it first, and maybe a way of spelling; the words come last.
    last = max((each for each in given if each in ("1", "2", "3")), default="")
    shown = given.get(last if name in ("lang", "transl") else "1", "")
    if name not in ("lang", "nowrap", "nobr", "nihongo", "transl", "link-en", "le", "link"):
        return ""
    return "".join(_words(_parsed(shown), None))


def _kept(text: str) -> Iterator[str]:
    """Paragraphs, without closing sections and headings that nothing follows."""
    waiting: list[tuple[int, str]] = []
    closing = 0
    for block in re.split(r"\n\s*\n", text):
        block = _tidy(block)
        heading = re.fullmatch(r"(#{1,6}) (.+)", block)
        if heading:
            level = len(heading.group(1))
            if not closing or level <= closing:
                closing = level if heading.group(2).strip().lower() in _LAST else 0
                waiting = [each for each in waiting if each[0] < level]
                if not closing:
                    waiting.append((level, block))
        elif block and not closing:
            yield from (said for _, said in waiting)
            waiting = []
            yield block


def _tidy(block: str) -> str:
    """A paragraph without what left-out templates leave behind."""
    block = re.sub(r"[ \t]*[(（][\s,;、，；]*[)）]", "", block)
    block = re.sub(r"([(（])[\s,;、，；]+", r"\1", block)
    block = re.sub(r"[ \t]*[,;、，；]\s[\s,;、，；]*(?=[)）])|,(?=\s*;)", "", block)
    block = block if "$" in block else _LINK.sub(r"\1", block)  # formulas may have [[, too
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in block.split("\n"))
    lines = (re.sub(r" ([,.;])(?=\s|$)", r"\1", line) for line in lines if line not in ("", "-"))
    return "\n".join(line for line in lines if not _UNREAD.match(line))
