"""How much of a text is not about anything: menus, notices of cookies and rights, calls to share.

A line is taken for boilerplate if all of it is a phrase of menus, or if it has a phrase of notices
in it and is short, or if it is a row of menu items. Its characters count, white space aside.
"""

import re

import pyarrow as pa

from pipelines.measures.phrases import phrases

FIELDS: dict[str, pa.DataType] = {"boilerplate_share": pa.float32()}

# A longer line is prose, whatever phrase is in it.
_MENU, _NOTICE, _ROW = 40, 160, 400
_BETWEEN = "|>\u00b7\u2022\u00bb\u203a｜"
_ITEMS = re.compile(f"[{_BETWEEN}]")
_EDGES = " \t\u3000.,:;!?。，：；！？*-+>\u00bb\u00ab\u2022[]()【】"


def share(text: str) -> float:
    r"""Returns the share of the characters of a text's lines that is boilerplate.

    >>> share("Home\n\nCats sleep.")
    0.2667
    """
    small = text.lower()
    notices = [each for each in phrases("notices") if each in small]
    lines = list(filter(None, map(str.strip, small.splitlines())))
    noise = sum(len(line) for line in lines if len(line) <= _ROW and _is_noise(line, notices))
    return round(noise / sum(map(len, lines)), 4) if noise else 0.0


def _is_noise(line: str, notices: list[str]) -> bool:
    menus = phrases("menus")
    if len(line) <= _MENU and line.strip(_EDGES) in menus:
        return True
    if len(line) <= _NOTICE and any(notice in line for notice in notices):
        return True
    if not any(map(line.__contains__, _BETWEEN)):
        return False
    items = [item.strip(_EDGES) for item in _ITEMS.split(line)]
    return len(items) > 2 and sum(item in menus for item in items) * 2 >= len(items)
