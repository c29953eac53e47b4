"""What a cell's code is outside its notebook: no magics, so many lines, drawing or not."""

import re

# Cell magics whose body is still the kernel's Python.
_TRANSPARENT = frozenset(
    ("capture", "debug", "memit", "prun", "px", "python", "python3", "time", "timeit")
)
_MAGIC = re.compile(
    r"[%!?]"  # %magic, !shell, ?help
    r"|[\w.]++\?{1,2}$"  # help?
    r"|[\w.,\s]++=\s*+(?:!|%[A-Za-z])"  # x = !shell, x = %magic
)
# What opens or closes something that runs over lines; whole strings and comments first.
_TOKEN = re.compile(
    r"\"\"\"|'''|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|#[^\n]*|[(\[{]|[)\]}]", re.DOTALL
)
_COMMENTS = {"python": ("#",), "r": ("#",), "julia": ("#",), "ruby": ("#",), "bash": ("#",)}
_OTHER_COMMENTS = ("#", "//", "--")
# The name that is called; quantifiers give nothing back, so that long words cost no more.
_CALL = re.compile(r"(?<!\w)((?:Image\.)?[A-Za-z_]\w*+)\s*+\(")
_DEFINED = re.compile(r"\b(?:def|class)\s+(\w+)")
_FUNCTION = re.compile(r"^def\s+(\w+)[^\n]*\n((?:[ \t]+[^\n]*(?:\n|\Z)|[ \t]*\n)+)", re.MULTILINE)
_SHOWS = re.compile(
    r"im(?:read|show|decode)|(?:load|open|read|show|display|plot)_?im(?:g|age)s?|cv2_imshow"
    r"|Image\.open|Image|SVG"
)
_DRAWS = re.compile(
    r"(?!\w*(?:subplot|im(?:g|age)s?))\w*plot\w*|draw_\w+|Draw|(?:ax)?[hv](?:lines?|span)|barh?"
    r"|bar_label|hist2?d?|pie|\w*scatter\w*|\w*contours?f?|\w*heatmap|pcolor\w*|colorbar|quiver"
    r"|streamplot|stem|stairs|errorbar|fill|fill_between\w*|hexbin|loglog|semilog[xy]|polar|arrow"
    r"|annotate|add_(?:patch|artist|line|collection|trace)|matshow|spy|specgram|create_\w+"
    r"|\w*chart\w*"
)


def cell_magic(code: str) -> str:
    """Returns the name of the magic that takes the whole cell for another language, or "".

    >>> cell_magic("%%R -o x"), cell_magic("%%time"), cell_magic("%matplotlib")
    ('R', '', '')
    """
    match = re.match(r"\s*%%(\S*)", code)
    return match[1] if match and match[1] not in _TRANSPARENT else ""


def without_magics(code: str) -> str:
    r"""Returns the code without magic, shell and help lines and without blank lines at its ends.

    Lines inside strings and brackets stay, whatever they start with.

    >>> without_magics("%matplotlib inline\nx = (7\n % 4)\n!ls\nnp.sin?")
    'x = (7\n % 4)'
    """
    kept: list[str] = []
    quote, depth, going_on = "", 0, False
    for line in code.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not (quote or depth or going_on) and _MAGIC.match(line.strip()):
            continue
        kept.append(line.rstrip())
        quote, depth = _open_at_end(line, quote, depth)
        going_on = line.endswith("\\")
    return "\n".join(kept).strip("\n")


def _open_at_end(line: str, quote: str, depth: int) -> tuple[str, int]:
    """Which triple quote and how many brackets are open behind a line, given those before it."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return quote, depth
            at, quote = end + 3, ""
            continue
        match = _TOKEN.search(line, at)
        if not match:
            break
        at, token = match.end(), match[0]
        if token in ('"""', "'''"):
            quote = token
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(0, depth - 1)
    return quote, depth


def code_lines(code: str, language: str = "python") -> int:
    r"""Counts the lines that are neither blank nor only a comment, of code without magics.

    >>> code_lines("# sine\n\ny = sin(x)  # radians\nplot(x, y)")
    2
    """
    marks = _COMMENTS.get(language, _OTHER_COMMENTS)
    lines = (line.strip() for line in code.split("\n"))
    return sum(1 for line in lines if line and not line.startswith(marks))


def showing_functions(code: str) -> frozenset[str]:
    r"""Returns the names of the functions a cell defines that only show pictures.

    >>> showing_functions("def gallery(xs):\n    for x in xs:\n        imshow(x)\n\ngallery(xs)")
    frozenset({'gallery'})
    """
    return frozenset(m[1] for m in _FUNCTION.finditer(code) if shown_picture(m[2]))


def shown_picture(code: str, showing: frozenset[str] = frozenset()) -> str:
    """Returns the call that only shows a picture, "" where there is none or where code draws too.

    Titles, axes and subplots do not draw; a colour bar does, as it says that the picture is data.

    Args:
        code: of a cell, without magics.
        showing: functions of other cells that only show.

    >>> shown_picture("plt.imshow(plt.imread(path))"), shown_picture("imshow(z); colorbar()")
    ('imshow', '')
    """
    bare = re.sub(r"#[^\n]*", "", code)
    own = set(_DEFINED.findall(bare))
    names = [match[1] for match in _CALL.finditer(bare) if match[1] not in own]
    drawing = (name for name in names if name not in showing)
    if any(_DRAWS.fullmatch(name.rsplit(".", 1)[-1]) for name in drawing):
        return ""
    shows = (
        name
        for name in names
        if name in showing or _SHOWS.fullmatch(name) or _SHOWS.fullmatch(name.rsplit(".", 1)[-1])
    )
    return next(shows, "")
