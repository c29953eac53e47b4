"""What is the paper: its main file, its engine, and what already says that it cannot work."""

import json
import re
from dataclasses import dataclass

import yaml

from sources.document_ocr.latex.loss import Loss
from sources.document_ocr.latex.source_text import decode, included, resolve, without_comments

# Names that a supplement, an answer to referees or a letter goes by.
_APART = re.compile(
    r"supp|response|rebuttal|reply|referee|cover_?letter|letter_to|diff|appendix_only|esm\b", re.I
)
_USUAL = re.compile(r"^(ms|main|paper|article|arxiv|manuscript|root|draft|submission)", re.I)
_CLASS = re.compile(r"\\document(?:class|style)\b")
_OLD_CLASS = re.compile(r"\\documentstyle\b")
_PLAIN_END = re.compile(r"\\(?:bye|enddocument)\b")
_PLAIN = re.compile(
    r"\\input\s+(?:amstex|amsppt|harvmac|phyzzx|lanlmac|epsf|psfig)|\\magnification\b"
)
_BEGIN = re.compile(r"\\begin\s*\{document\}")
_LUA = re.compile(r"\\usepackage(?:\[[^]]*\])?\{(?:luacode|luatexja[^}]*|lua-[^}]*)\}|\\directlua")
_XE = re.compile(
    r"\\usepackage(?:\[[^]]*\])?\{[^}]*\b(?:fontspec|unicode-math|xeCJK|xltxtra|mathspec|polyglossia)"
    r"\b[^}]*\}|\\documentclass(?:\[[^]]*\])?\{ctex(?:art|rep|book)\}"
    r"|\\usepackage(?:\[[^]]*\])?\{ctex\}"
)
_DVI = re.compile(
    r"\{[^}]*\b(?:pstricks|pst-[a-z]+|psfrag|pstcol|auto-pst-pdf)\b|\\psfig|\\epsfbox"
)
_GRAPHICS = re.compile(r"\.(pdf|png|jpe?g)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to compile a submission.

    Attributes:
        main: path of the main file.
        engine: pdflatex, xelatex or latex (then dvips and ps2pdf).
        apart: other documents of the submission: supplements, letters.
        old: whether it is LaTeX 2.09, which LaTeX still compiles in a mode of its own.
    """

    main: str
    engine: str
    apart: tuple[str, ...] = ()
    old: bool = False


def preflight(files: dict[str, bytes]) -> Plan:
    """Returns the plan of a submission.

    Raises:
        Loss: there is no main file, or one in a dialect that we do not compile.
    """
    texts = {name: decode(data) for name, data in sorted(files.items()) if _is_tex(name, data)}
    readme = _readme(files)
    ignored = set(readme.get("ignore", ()))
    roots = [name for name in _roots(texts) if name not in ignored]
    stated = [name for name in readme.get("toplevel", ()) if name in texts]
    if not roots and not stated:
        raise _no_main(texts)
    ranked = sorted(roots, key=lambda name: _rank(name, texts, files), reverse=True)
    main = (stated or ranked)[0]
    return Plan(
        main=main,
        engine=_engine(main, texts, files, readme.get("compiler", "")),
        apart=tuple(sorted(set(roots) - {main})),
        old=bool(_OLD_CLASS.search(without_comments(texts[main]))),
    )


def plain_main(files: dict[str, bytes]) -> str:
    """Returns the main file of a submission in plain TeX: one that ends a document, or the largest.

    Raises:
        Loss: no file looks like TeX.
    """
    texts = {name: decode(data) for name, data in sorted(files.items()) if _is_tex(name, data)}
    if not texts:
        raise _no_main(texts)
    plain = {name: without_comments(text) for name, text in texts.items()}
    return max(plain, key=lambda name: (bool(_PLAIN_END.search(plain[name])), len(plain[name])))


def reached(main: str, texts: dict[str, str]) -> list[str]:
    """Returns the files that the main file includes, itself first, each once."""
    order: list[str] = []
    waiting = [main]
    while waiting:
        name = waiting.pop(0)
        if name in order:
            continue
        order.append(name)
        found = (resolve(inner, texts, name) for inner in included(texts[name]))
        waiting += [inner for inner in found if inner is not None]
    return order


def _is_tex(name: str, data: bytes) -> bool:
    return name.lower().endswith((".tex", ".ltx", ".latex")) or (
        "." not in name.rpartition("/")[2] and b"\\document" in data[:20000]
    )


def _readme(files: dict[str, bytes]) -> dict[str, list[str]]:
    """What 00README says: JSON or YAML of 2025, or lines of the old form."""
    for name in ("00README.json", "00README.yaml", "00README.yml"):
        if name in files:
            return _new_readme(files[name], name)
    found: dict[str, list[str]] = {"toplevel": [], "ignore": []}
    for line in decode(files.get("00README.XXX", b"")).splitlines():
        words = line.split()
        if len(words) == 2 and words[1] in ("toplevelfile", "ignore"):
            found["toplevel" if words[1] == "toplevelfile" else "ignore"].append(words[0])
    return found


def _new_readme(data: bytes, name: str) -> dict[str, list[str]]:
    try:
        record = json.loads(data) if name.endswith("json") else yaml.safe_load(data)
    except (ValueError, yaml.YAMLError):
        return {}
    if not isinstance(record, dict):
        return {}
    entries = [entry for entry in record.get("sources") or () if isinstance(entry, dict)]
    process = record.get("process")
    compiler = str(process.get("compiler", "")) if isinstance(process, dict) else ""
    return {
        "toplevel": [str(e.get("filename")) for e in entries if e.get("usage") == "toplevel"],
        "ignore": [str(e.get("filename")) for e in entries if e.get("usage") == "ignore"],
        "compiler": [compiler] if compiler else [],
    }


def _roots(texts: dict[str, str]) -> list[str]:
    plain = {name: without_comments(text) for name, text in texts.items()}
    whole = [n for n, text in plain.items() if _CLASS.search(text) and _BEGIN.search(text)]
    # A root that another root includes (subfiles, standalone) is a part of it.
    inner = {
        resolve(inside, texts, name)
        for name in whole
        for inside in included(texts[name])
        if resolve(inside, texts, name) != name
    }
    return [name for name in whole if name not in inner] or whole


def _rank(name: str, texts: dict[str, str], files: dict[str, bytes]) -> tuple[int | bool, ...]:
    stem = name.rpartition(".")[0]
    base = name.rpartition("/")[2]
    text = texts[name]
    parts = sum(
        mark in text for mark in ("\\title", "\\begin{abstract}", "\\bibliography", "\\cite")
    )
    return (
        not _APART.search(base),
        f"{stem}.bbl" in files,
        parts >= 3,
        bool(_USUAL.match(base)),
        -name.count("/"),
        len(reached(name, texts)),
        len(text),
    )


def _no_main(texts: dict[str, str]) -> Loss:
    joined = "\n".join(without_comments(text) for text in texts.values())
    if _PLAIN_END.search(joined) or _PLAIN.search(joined):
        return Loss("plain_tex", "it is plain TeX, which is only aligned: name its PDF by `pdfs`")
    return Loss("no_main_file", f"no \\documentclass with \\begin{{document}} in {sorted(texts)}")


def _engine(
    main: str, texts: dict[str, str], files: dict[str, bytes], compiler: list[str] | str
) -> str:
    text = "\n".join(without_comments(texts[name]) for name in reached(main, texts))
    named = "".join(compiler).lower()
    if "lualatex" in named or _LUA.search(text):
        raise Loss("needs_lualatex", "Lua may open any file: such papers are not compiled")
    if "xelatex" in named or _XE.search(text):
        return "xelatex"
    if "pdflatex" in named or re.search(r"\\pdfoutput\s*=\s*1", text):
        return "pdflatex"
    if named in ("latex", "tex", "latex+dvips", "latex+dvips_ps2pdf"):
        return "latex"
    only_eps = not any(_GRAPHICS.search(name) for name in files)
    return "latex" if _DVI.search(text) and only_eps else "pdflatex"
