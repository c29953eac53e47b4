"""`inspect DIR KEY`: one sample, its texts, images, facts and place."""

import os
from typing import Any

from pipelines.corpus import terminal
from pipelines.corpus.lookup import Found, find_staged, find_written
from pipelines.corpus.state import CorpusError, open_corpus
from sources.sample import Sample, from_members

# Longer texts are cut on the terminal; JSON and saved members have them whole.
_TEXT = 2000


def run(out: str, key: str, *, save: str | None, as_json: bool) -> int:
    """Prints a sample and saves its members if asked to; returns the exit code.

    Raises:
        CorpusError: there is no such sample, or it cannot be saved.
    """
    corpus = open_corpus(out)
    found = find_written(corpus, key) or next(find_staged(corpus, key), None)
    if found is None:
        raise CorpusError(
            f"no sample has the key {key!r}; `shardwright why {out} {key}` searches origins and "
            "what was left out as well"
        )
    members = dict(found.members())
    told = _describe(found, from_members(members))
    if save is not None:
        told["saved"] = _save(members, save)
    if as_json:
        terminal.show_json(told)
    else:
        terminal.show(_text(told, from_members(members)))
    return 0


def _describe(found: Found, sample: Sample) -> dict[str, Any]:
    facts = {name: value for name, value in found.facts.items() if value not in (None, "", [])}
    place = {"tar": found.tar, "offset": found.facts["offset"], "bytes": found.facts["bytes"]}
    place |= {name: facts.pop(name) for name in ("shard", "index") if name in facts}
    for name in ("key", "offset", "bytes", "facts_bytes"):
        facts.pop(name, None)
    names, sizes = facts.pop("member_names"), facts.pop("member_sizes")
    offsets = [found.start + offset for offset in facts.pop("member_offsets")]
    shape = {name: facts.pop(name, []) for name in ("widths", "heights", "formats")}
    return {
        "key": sample.key,
        "written": not found.unit,
        "place": place,
        "members": [
            {"name": name, "offset": offset, "size": size}
            for name, offset, size in zip(names, offsets, sizes, strict=True)
        ],
        "images": [
            {"width": width, "height": height, "format": kind}
            for width, height, kind in zip(*shape.values(), strict=True)
        ],
        "segments": [_segment(segment.text, segment.role) for segment in sample.segments],
        "facts": facts,
    }


def _segment(text: str | None, role: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"image": True} if text is None else {"text": text}
    return {**told, "role": role} if role else told


def _save(members: dict[str, bytes], folder: str) -> list[str]:
    """Writes members to files, never outside the folder nor over a file."""
    paths = []
    try:
        os.makedirs(folder, exist_ok=True)
        for name, content in members.items():
            if os.path.basename(name) != name:
                raise CorpusError(f"the member {name!r} would be saved outside {folder}")
            path = os.path.join(folder, name)
            with open(path, "xb") as stream:
                stream.write(content)
            paths.append(path)
    except FileExistsError as error:
        raise CorpusError(
            f"{error.filename} is there already: save to another folder or remove it"
        ) from None
    except OSError as error:
        raise CorpusError(f"cannot save to {folder}: {error.strerror}") from None
    return paths


def _text(told: dict[str, Any], sample: Sample) -> str:
    place = told["place"]
    where = f"{place['shard']}.tar, sample {place['index']}" if told["written"] else place["tar"]
    lines = [f"{told['key']}: {where}, {place['bytes']:,} bytes at {place['offset']:,}"]
    if not told["written"]:
        lines.append("staged, but in no shard: `shardwright why` tells the reason")
    seen = iter(told["images"])
    for segment in sample.segments:
        role = f"{segment.role}: " if segment.role else ""
        if segment.text is None:
            image = next(seen)
            lines += ["", f"{role}[{image['format']} {image['width']} x {image['height']}]"]
        else:
            lines += ["", f"{role}{_cut(segment.text)}"]
    lines += [
        "",
        terminal.table(["member", "offset", "size"], [[*m.values()] for m in told["members"]]),
    ]
    lines += ["", *(f"{name:<20} {terminal.one_line(v)}" for name, v in told["facts"].items())]
    lines += [f"saved {path}" for path in told.get("saved", ())]
    return "\n".join(lines)


def _cut(text: str) -> str:
    if len(text) <= _TEXT:
        return text
    return (
        f"{text[:_TEXT]}\n[... {len(text) - _TEXT:,} characters more; --json or --save shows all]"
    )
