"""Who may be asked, seen apart from any network."""

import socket
from pathlib import Path

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from pipelines.fetch.addresses import PrivateAddress, PublicSockets, refusal
from pipelines.fetch.client import check_url
from pipelines.fetch.opt_out import OptOut, read_lists
from pipelines.fetch.outcomes import Problem
from pipelines.fetch.reservations import reservation
from pipelines.fetch.settings import Settings


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1",
        "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255", "100.100.100.200", "168.63.129.16", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1:2:3:4:80ff:fffe",
        "2001:db8::1", "nonsense", "fec0::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    assert address in refusal(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_not(address: str) -> None:
    assert refusal(address) == ""


def test_tests_may_ask_this_machine_but_no_other() -> None:
    assert not refusal("127.0.0.5", allow_loopback=True) and not refusal("::1", allow_loopback=True)
    assert refusal("10.0.0.1", allow_loopback=True) and refusal("::", allow_loopback=True)


def test_no_socket_is_made_for_an_address_inside() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(PrivateAddress, match="not on the public internet"):
        PublicSockets(allow_loopback=False)(info)
    PublicSockets(allow_loopback=True)(info).close()


def test_international_names_are_asked_in_ascii() -> None:
    url = check_url(" http://\u4f8b\u5b50.example/\u56fe.png?q=\u00e9#f ", allow_loopback=False)
    assert str(url) == "http://xn--fsqu00a.example/%E5%9B%BE.png?q=%C3%A9"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([("X-Robots-Tag", "noai")], "X-Robots-Tag: noai"),
        ([("x-robots-tag", "all"), ("x-robots-tag", "nofollow, NOINDEX")], "X-Robots-Tag: noindex"),
        ([("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST, none")], "none"),
        ([("X-Robots-Tag", "max-image-preview: large, noml")], "noml"),
        ([("X-Robots-Tag", "shardwright: noimageai")], "noimageai"),
        ([("X-Robots-Tag", "*: noindex")], "noindex"),
        ([("X-Robots-Tag", "googlebot: noindex, noai")], ""),
        ([("X-Robots-Tag", "nofollow, noarchive, :, ,,")], ""),
        ([("TDM-Reservation", " 1 ")], "tdm-reservation: 1"),
        ([("tdm-reservation", "0")], ""),
        ([], ""),
    ],
)
def test_reservations_are_read(headers: list[tuple[str, str]], found: str) -> None:
    got = reservation(CIMultiDictProxy(CIMultiDict(headers)))
    assert got.endswith(found) if found else not got


def test_opt_out_lists_name_urls_domains_and_hashes() -> None:
    out = OptOut(["Example.ORG", "https://a.example/x.png", "A" * 64, "# b.example", ""])
    assert len(out) == 3
    assert out.url(URL("http://example.org/")) == out.url(URL("http://i.example.org./")) == "domain"
    assert out.url(URL("http://a.example/x.png")) == "url"
    assert not out.url(URL("http://a.example/y.png")) and not out.url(URL("http://myexample.org/"))
    assert out.image("a" * 64) and not out.image("b" * 64)
    assert not OptOut([]).url(URL("http://example.org/"))


def test_a_line_that_is_nothing_known_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.example\nwhat is this\n")
    with pytest.raises(ValueError, match=r"list.txt, line 2: 'what is this' is no URL, domain"):
        read_lists([str(path)])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"per_host": 0}, "per_host=0: expected more than 0"),
        ({"delay": -1.0}, "delay=-1.0: expected 0 or more"),
        ({"memory": 20 << 20}, "expected more than 1 MB and max_bytes"),
        ({"contact": "a\r\nX: b"}, "expected a URL or an address"),
    ],
)
def test_settings_are_checked(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(**wrong)


def test_problems_say_their_class() -> None:
    with pytest.raises(Problem, match="private_address: 10.0.0.1"):
        check_url("http://10.0.0.1/", allow_loopback=True)
