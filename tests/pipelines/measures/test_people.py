"""Personal data and secrets are found in English, Chinese and code; what only looks so is not."""

import random
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.people import PLACEHOLDERS, count, find, redact
from sources.sample import from_members
from tests.pipelines.near import planted

KINDS = tuple(PLACEHOLDERS)
TOKEN = "ghp_" + "A1b2C3d4E5f6" * 3
FOUND = [
    ("mail jo.doe+x@mail.test now", "emails", "jo.doe+x@mail.test"),
    ("邮箱：li_wei@mail.cn。", "emails", "li_wei@mail.cn"),
    ("author = 'a@b-c.io'", "emails", "a@b-c.io"),
    ("call +44 20 7946 0958 today", "phones", "+44 20 7946 0958"),
    ("call (212) 736-5000.", "phones", "(212) 736-5000"),
    ("手机13800138000，谢谢", "phones", "13800138000"),
    ("电话 010-62770334", "phones", "010-62770334"),
    ("from 81.2.69.142:53", "ip_addresses", "81.2.69.142"),
    ("at 2001:4860:4860::8888 it", "ip_addresses", "2001:4860:4860::8888"),
    ("card 4111 1111 1111 1111 ok", "cards", "4111 1111 1111 1111"),
    ("卡号6225880137706868。", "cards", "6225880137706868"),
    ("身份证11010519491231002X", "id_numbers", "11010519491231002X"),
    ("SSN 219-09-9999", "id_numbers", "219-09-9999"),
    ("IBAN GB82 WEST 1234 5698 7654 32.", "id_numbers", "GB82 WEST 1234 5698 7654 32"),
    (f"token: {TOKEN}\n", "secrets", TOKEN),
    ("key AKIAIOSFODNN7EXAMPLE", "secrets", "AKIAIOSFODNN7EXAMPLE"),
    ('API_KEY = "q8Zr2vN5tYw1XcB7kLm3"', "secrets", "q8Zr2vN5tYw1XcB7kLm3"),
]
NOT_FOUND = [
    "logo@2x.png and you@example.com",
    "@decorator and a@b",
    "version 1.2.3.4.5 at 12:30:45 or 192.168.0.1, 127.0.0.1, 999.1.1.1",
    "std::vector<a::b> and x[::2] and 1:2:3",
    "4111 1111 1111 1112 and 0000 0000 0000 0000",
    "110105194912310021 and 110105199913310029",
    "GB82 WEST 1234 5698 7654 33",
    "2024-01-15 3.14159265358979 1234567890123",
    'password = "changeme" and api_key = "your-api-key-goes-here"',
    "### 3.12.3.1 and 5.10.2.1",
    "png/64690068017194.png and 4111111111111111.jpg",
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
]


@pytest.mark.parametrize(("text", "kind", "wanted"), FOUND)
def test_found(text: str, kind: str, wanted: str) -> None:
    assert [(text[each.start : each.stop], each.kind) for each in find(text)] == [(wanted, kind)]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_not_found(text: str) -> None:
    assert [text[each.start : each.stop] for each in find(text)] == []


def test_private_keys_go_whole() -> None:
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc/+=\n-----END RSA PRIVATE KEY-----"
    assert redact(f"a\n{block}\nb", ("secrets",)) == "a\n<SECRET>\nb"


def test_only_the_kinds_asked_for_are_redacted() -> None:
    text = "jo@mail.test, 81.2.69.142"
    assert redact(text, ("emails",)) == "<EMAIL>, 81.2.69.142"
    assert redact(text, KINDS) == "<EMAIL>, <IP_ADDRESS>"
    assert count(redact(text, KINDS)) == dict.fromkeys(KINDS, 0)


@given(st.text("ab1. @:-+(){}[]<>=\"'中\n", max_size=200))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text, KINDS)
    assert redact(once, KINDS) == once


@pytest.mark.parametrize("piece", ["1", "a@", "1.", "a:", "-", "(", "1 ", "A1 ", "eyJ", "+1 "])
def test_hostile_text_takes_no_longer_than_it_is_long(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    find(text)
    assert time.process_time() - start < 5


def texts(out: Path) -> list[str]:
    found = []
    for path in sorted((out / "pretrain").rglob("*.parquet")):
        data = path.with_suffix(".tar").read_bytes()
        for row in pq.read_table(path).to_pylist():
            places = zip(
                row["member_names"], row["member_offsets"], row["member_sizes"], strict=True
            )
            sample = from_members({name: data[at : at + size] for name, at, size in places})
            found.append(sample.texts[0])
    return sorted(found)


def rows() -> list[dict[str, Any]]:
    noise = random.Random(0)
    plain = [" ".join(planted.words(noise, 20)) for _ in range(3)]
    return [
        {"text": f"{plain[0]} jo@mail.test"},
        {"text": f"{plain[1]} card 4111 1111 1111 1111"},
        {"text": f"{plain[2]} from 81.2.69.142"},
    ]


def test_a_recipe_says_what_becomes_of_each_kind(tmp_path: Path) -> None:
    planted.write_documents(tmp_path / "raw", rows(), files=1)
    people = {"emails": "redact", "cards": "drop", "ip_addresses": "count"}
    out = planted.build(tmp_path, {}, people=people)
    first, second = sorted(texts(out), key=lambda text: "81.2.69.142" in text)
    assert first.endswith(" <EMAIL>") and second.endswith(" from 81.2.69.142")
    assert [line["reason"] for line in planted.dropped(out).values()] == ["filter_cards"]
    (index,) = (out / "pretrain").rglob("*.parquet")
    found = pq.read_table(index, columns=["emails", "ip_addresses"]).to_pylist()
    assert {tuple(row.values()) for row in found} == {(1, 0), (0, 1)}
