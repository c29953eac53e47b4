"""Keys and tokens are found by their makers' marks; what only looks so is left alone."""

import random
import string
import time
from pathlib import Path

import pytest

from pipelines.convert import Converted
from pipelines.measures import people, secrets
from sources.sample import Box, Segment, from_members
from tests.pipelines.test_convert import outcome

HEX, LETTERS = "0123456789abcdef", string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits


def drawn(count: int, alphabet: str = LETTERS, seed: int = 5) -> str:
    """Characters by lot: no token of anybody stands in this file."""
    noise = random.Random(f"{seed} {count} {alphabet}")
    return "".join(noise.choices(alphabet, k=count - 2)) + alphabet[-1] + alphabet[1]


TOKENS = {
    "amazon": "AKIA" + drawn(16, UPPER),
    "artifactory": "AKC" + drawn(70),
    "databricks": "dapi" + drawn(32, HEX),
    "digitalocean": "dop_v1_" + drawn(64, HEX),
    "discord": "MT" + drawn(23) + "." + drawn(6) + "." + drawn(27),
    "github": "ghp_" + drawn(36),
    "github fine": "github_pat_" + drawn(70),
    "gitlab": "glpat-" + drawn(20),
    "google": "AIza" + drawn(35),
    "google client": "GOCSPX-" + drawn(28),
    "hugging face": "hf_" + drawn(34, string.ascii_letters),
    "jwt": f"eyJ{drawn(20)}.eyJ{drawn(60)}.{drawn(43)}",
    "mailchimp": drawn(32, HEX) + "-us12",
    "npm": "npm_" + drawn(36),
    "openai": "sk-proj-" + drawn(48),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + drawn(80),
    "sendgrid": f"SG.{drawn(22)}.{drawn(43)}",
    "shopify": "shpat_" + drawn(32, HEX),
    "slack": f"xoxb-{drawn(11, string.digits)}-{drawn(24)}",
    "slack hook": f"https://hooks.slack.com/services/T{drawn(9)}/B{drawn(9)}/{drawn(24)}",
    "square": "sq0csp-" + drawn(43),
    "stripe": "sk_live_" + drawn(24),
    "telegram": f"{drawn(9, '123456789')}:AA{drawn(33)}",
    "twilio": "AC" + drawn(32, HEX),
}  # fmt: skip
VALUES = {
    'client_secret = "{}"': drawn(32),
    "AWS_SECRET_ACCESS_KEY={}": drawn(40, LETTERS + "/+"),
    "密码：{}。": drawn(24),
    '{{"apiKey": "{}"}}': drawn(24),
    "postgres://app:{}@db.mail.test:5432/app": drawn(14),
    "//registry/:_authToken={}": "0f9a1c2e-4b6d-4f80-9a1b-2c3d4e5f6a7b",
    "DefaultEndpointsProtocol=https;AccountKey={}": drawn(86) + "==",
}
BLOCK = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,01AB\n\n"
    + "\n".join(drawn(64, seed=line) for line in range(4))
    + "\n"
)


def found(text: str) -> list[str]:
    return [text[each.start : each.stop] for each in people.find(text) if each.kind == "secrets"]


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_are_found_in_english_chinese_and_code(name: str) -> None:
    token = TOKENS[name]
    for frame in ("My token is {}.", "令牌是{}，请保密", "x = '{}';\n", "{}"):
        assert found(frame.format(token)) == [token], frame


@pytest.mark.parametrize("name", TOKENS)
def test_parts_of_longer_words_are_no_tokens(name: str) -> None:
    if name not in ("slack hook", "github fine", "openai", "gitlab"):
        assert TOKENS[name] not in found(f"word{TOKENS[name]}")


@pytest.mark.parametrize("frame", VALUES)
def test_what_a_name_calls_secret_is_found(frame: str) -> None:
    assert found(frame.format(VALUES[frame])) == [VALUES[frame]]


@pytest.mark.parametrize(
    "text",
    ["sk-container-diagram-fitted-label-text-repr", "api_key = os.environ['SERVICE_API_KEY_NAME']",
     "secret: this-is-not-a-secret-at-all", "password=<your password goes here>", "http://a:b@c",
     "https://mail.test/a:port@2x", "Network.layers.convolution_transposed_2d", "AC/DC and SKU 12",
     "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "token: the smallest unit of text",
     "AKIA", "hf_hub_download(repo_id, filename)", "key = values[self.index_of_the_first_item]"],
)  # fmt: skip
def test_what_only_looks_so_is_left(text: str) -> None:
    assert found(text) == []


def test_private_keys_go_with_their_headers_and_cut_off_ones_too() -> None:
    end = "-----END RSA PRIVATE KEY-----"
    assert people.redact(f"a {BLOCK}{end} b", ("secrets",)) == "a <SECRET> b"
    assert people.redact(f"a {BLOCK}and so on", ("secrets",)) == "a <SECRET>and so on"
    assert people.redact(f"{BLOCK}{end}\n" * 2, ("secrets",)) == "<SECRET>\n<SECRET>\n"


@pytest.mark.parametrize("piece", ["-----BEGIN PRIVATE KEY-----", "glpat-", "://a:", "M.", "key=a"])
def test_hostile_text_takes_no_longer_than_it_is_long(piece: str) -> None:
    start = time.process_time()
    list(secrets.find(piece * (200_000 // len(piece))))
    assert time.process_time() - start < 5


def test_real_prose_and_code_hold_no_secrets(samples: Path) -> None:
    files = [*(samples / "text").rglob("*.md"), *(samples / "text" / "licences").iterdir()]
    assert len(files) > 60
    assert not [path.name for path in files if found(path.read_text("utf-8", errors="replace"))]


def test_nothing_of_a_row_keeps_what_is_redacted(tmp_path: Path) -> None:
    token, mail = TOKENS["github"], "jo@mail.test"
    segments = (
        Segment(text=f"mail {mail}", role="user"),
        Segment(path="p.png", role="user"),
        Segment(text=f"令牌{token}，", role="assistant"),
    )
    box = Box(text=mail, polygon=(0, 0, 9, 0, 9, 9, 0, 9))
    made = outcome(tmp_path, *segments, boxes=(box,), redact=("emails", "secrets"))
    assert isinstance(made, Converted)
    kept = b"".join(content for _, content in made.members)
    assert mail.encode() not in kept and token.encode() not in kept
    sample = from_members(dict(made.members))
    assert sample.texts == ["mail <EMAIL>", "令牌<SECRET>，"] and sample.boxes[0].text == "<EMAIL>"
    # Counted before it went: a recipe can still see that it was there.
    assert (made.facts["emails"], made.facts["secrets"]) == (1, 1)
