"""The samples of WebDataset tars as rows with columns."""

from typing import Any

from sources.source import Row

PICTURES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")


def with_members(row: Row, image: str) -> Row:
    """Returns a tar's sample as a row with columns; other rows as they are.

    The fields of its JSON member are columns, its text is `text`, its picture is `image`.
    """
    if not isinstance(row.value, dict) or "__key__" not in row.value:
        return row
    members: dict[str, Any] = dict(row.value)
    stated = members.pop("json", {})
    value = {**(stated if isinstance(stated, dict) else {}), **members}
    value["text"] = members.get("txt", value.get("text", value.get("caption")))
    pictures = [members[extension] for extension in PICTURES if extension in members]
    value[image] = pictures[0] if pictures else None
    return Row(value=value, file=row.file, place=row.place)
