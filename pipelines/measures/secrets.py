"""Keys and tokens in text and code: by the marks that their makers gave them, or by their names.

A token has a prefix and a length of its own, or stands where a name says that it is secret and
looks like chance. Each kind is looked for only where its mark is, which is several times faster.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

# For each kind, what every one of them holds, and its form. A group `secret` is the secret alone.
_KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "amazon": (("AKIA", "ASIA", "ABIA", "ACCA"), r"A[BKSC][IC]A[A-Z0-9]{16}"),
    "artifactory": (("AKC",), r"AKC[A-Za-z0-9]{60,}"),
    "azure": (("AccountKey=",), r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)"),
    "databricks": (("dapi",), r"dapi[0-9a-f]{32}(?:-\d)?"),
    "digitalocean": (("_v1_",), r"do[opr]_v1_[0-9a-f]{64}"),
    "discord": ((".",), r"[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,38}"),
    "github": (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    "github fine": (("github_pat_",), r"github_pat_[A-Za-z0-9_]{50,}"),
    "gitlab": (
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glsoat-"),
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat)-[A-Za-z0-9_-]{20,}",
    ),
    "google": (("AIza", "GOCSPX-"), r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}"),
    "hugging face": (("hf_",), r"hf_[A-Za-z]{30,}"),
    # No look at what is before would let many such letters cost much.
    "jwt": (
        ("eyJ",),
        r"(?<![A-Za-z0-9_])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    "mailchimp": (("-us",), r"[0-9a-f]{32}-us\d{1,2}"),
    "npm": (("npm_",), r"npm_[A-Za-z0-9]{36}"),
    "npmrc": (("_authToken=",), r"_authToken=(?P<secret>[0-9a-fA-F-]{36})"),
    "openai": (("sk-",), r"sk-[A-Za-z0-9_-]{32,}"),
    "pypi": (("pypi-AgE",), r"pypi-AgE[A-Za-z0-9_-]{70,}"),
    "sendgrid": (("SG.",), r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    "shopify": (("shp",), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    "slack": (("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "slack hook": (
        ("hooks.slack.com",),
        r"https://hooks\.slack\.com/services/T\w{6,20}/B\w{6,20}/\w{16,40}",
    ),
    "softlayer": (("softlayer",), r"https?://api\.softlayer\.com/soap/v3(?:\.1)?/[a-z0-9]{64}"),
    "square": (("sq0",), r"sq0(?:csp-[A-Za-z0-9_-]{43}|atp-[A-Za-z0-9_-]{22})"),
    "stripe": (("k_live_", "whsec_"), r"(?:[sr]k_live|whsec)_[A-Za-z0-9]{20,}"),
    "telegram": ((":AA",), r"\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    "twilio": (("AC", "SK"), r"(?:AC|SK)[0-9a-f]{32}"),
    "url": (("://",), r"(?<=://)[^\s:/@\"'<>]{1,64}:(?P<secret>[^\s:/@\"'<>]{6,64})@"),
}
_FORMS = {
    # What stands before is looked at afterwards: a form that begins with letters is found faster.
    kind: (marks, re.compile(form if form.endswith("@") else rf"(?:{form})(?![A-Za-z0-9_])"))
    for kind, (marks, form) in _KINDS.items()
}
_WORD = re.compile(r"[A-Za-z0-9_]")
# Those of which the form alone is not enough: words with hyphens have it too.
_DOUBTFUL = ("openai", "discord", "url")
_BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
_BLOCK_END = re.compile(r"-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# What is left of a block whose end was cut off: lines of base 64 and of headers.
_BLOCK_BODY = re.compile(r"(?:\\n|\s|[A-Za-z0-9+/=]{16,}|[A-Z][A-Za-z-]+: [^\n]{1,80}\n)*")
# What is given to a name that says it is secret; the value alone is the secret.
_NAMED = re.compile(
    r"(?i:api_?key|secret(?:_?(?:access_?)?key)?|access_?key|private_?key|client_?secret"
    r"|(?:auth|access|bearer|refresh|api)_?token|passw(?:or)?d|密钥|密码|口令|令牌)"
    r"[\"']?[ \t]{0,8}(?:=>|[=:：])[ \t]{0,8}"
    r"(?:[\"'](?P<value>[A-Za-z0-9/+=_\-]{16,512})[\"']"
    r"|(?P<plain>[A-Za-z0-9/+=_\-]{20,512})(?=[\s,;，。；]|\Z))"
)
_NAMES = ("key", "secret", "token", "passw", "密", "口令", "令牌")
_ENTROPY = 3.5  # bits a character; words and `your-key-goes-here` have less


def find(text: str) -> Iterator[tuple[int, int]]:
    """Yields where keys and tokens stand; of one kind in order, but not over all kinds.

    >>> [text] = ["key AKIAIOSFODNN7EXAMPLE"]
    >>> [text[start:stop] for start, stop in find(text)]
    ['AKIAIOSFODNN7EXAMPLE']
    """
    if "-----BEGIN" in text:
        yield from _blocks(text)
    for kind, (marks, form) in _FORMS.items():
        if any(map(text.__contains__, marks)):
            yield from _tokens(text, form, doubtful=kind in _DOUBTFUL)
    small = text.lower()
    for match in _NAMED.finditer(text) if any(map(small.__contains__, _NAMES)) else ():
        group = "value" if match["value"] else "plain"
        if _entropy(match[group]) >= _ENTROPY and (group == "value" or _is_chance(match[group])):
            yield match.span(group)


def _tokens(text: str, form: re.Pattern[str], *, doubtful: bool) -> Iterator[tuple[int, int]]:
    group = form.groupindex.get("secret", 0)
    for match in form.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        if not _WORD.match(before) and not (doubtful and not _is_chance(match[group])):
            yield match.span(group)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Private keys whole, headers and all; of one that was cut off what there is."""
    ends = [match.end() for match in _BLOCK_END.finditer(text)]
    last = nth = 0
    for match in _BLOCK.finditer(text):
        if match.start() < last:
            continue
        while nth < len(ends) and ends[nth] < match.end():
            nth += 1
        body = _BLOCK_BODY.match(text, match.end())
        last = ends[nth] if nth < len(ends) else body.end() if body else match.end()
        yield match.start(), last


def _is_chance(text: str) -> bool:
    """Whether a text looks drawn by lot: digits among letters, and no character too often."""
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return mixed and _entropy(text) >= min(_ENTROPY, math.log2(len(text)) * 0.8)


def _entropy(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
