"""What becomes of a URL, whatever its host does."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from pipelines.fetch.outcomes import KINDS, OK
from tests.pipelines.corpora import picture
from tests.pipelines.fetch.conftest import Ask
from tests.pipelines.fetch.server import HOSTS, PNG, Server


def test_an_image_comes_with_its_facts(server: Server, ask: Ask) -> None:
    (got,) = ask(server.url("/image/5"), contact="https://example.org/us")
    assert (got.reason, got.status, got.tries) == (OK, 200, 1)
    assert got.data == picture(5, "PNG")
    assert got.image["sha256"] == hashlib.sha256(got.data).hexdigest()
    assert (got.image["width"], got.image["height"], got.image["extension"]) == (24, 16, "png")
    robots, image = server.requests
    assert robots.path == "/robots.txt" and "example.org/us" in robots.headers["user-agent"]
    assert image.headers["user-agent"].startswith("shardwright/")
    assert "cookie" not in image.headers and image.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("path", "reason", "detail"),
    [
        ("/status/404", "not_found", "status 404"),
        ("/status/410", "not_found", "410"),
        ("/status/403", "forbidden", "403"),
        ("/status/451", "forbidden", "451"),
        ("/status/418", "client_error", "418"),
        ("/status/206", "client_error", "206"),
        ("/status/500", "server_error", "500"),
        ("/slow/", "timeout", ""),
        ("/stuck/", "timeout", ""),
        ("/endless/", "too_big", "more than 1048576 bytes"),
        ("/huge/", "too_big", "1099511627776 bytes announced"),
        ("/short/", "truncated", ""),
        ("/bomb/", "too_big", "unpacked"),
        ("/packed/br", "encoding", "identity was asked for"),
        ("/loop/a", "redirects", "a loop"),
        ("/hop/9", "redirects", "more than 5"),
        ("/to/", "redirects", "to nowhere"),
        ("/to/ftp://example.org/a.png", "bad_url", "expected http"),
        ("/to/http://10.0.0.1/a.png", "private_address", "10.0.0.1"),
        ("/to/http://169.254.169.254/latest/meta-data", "private_address", "169.254"),
        ("/to/v6", "private_address", "fd00"),
        ("/lying/html", "not_an_image", "<html>no"),
        ("/html/", "not_an_image", "text/html, which starts with"),
        ("/tagged/noai", "reserved", "X-Robots-Tag: noai"),
        ("/tagged/noarchive,+NoImageIndex", "reserved", "noimageindex"),
        ("/reserved/1", "reserved", "tdm-reservation: 1"),
        ("/broken/cut", "decode", "runcated"),
        ("/broken/nothing", "not_an_image", "no bytes"),
        ("/broken/garbage", "not_an_image", "unknown format"),
        ("/nonsense/", "protocol", ""),
        ("/hang_up/", "connection", ""),
    ],
)
def test_failures_have_their_class(
    server: Server, ask: Ask, path: str, reason: str, detail: str
) -> None:
    (got,) = ask(server.url(path))
    assert got.reason == reason, got.detail
    assert detail in got.detail and not got.data
    assert got.tries == (2 if KINDS[reason].again else 1)


@pytest.mark.parametrize(
    "path",
    ["/hop/4", "/packed/gzip", "/lying/png", "/tagged/otherbot:+noai", "/reserved/0", "/image/1"],
)
def test_what_is_odd_but_allowed_comes(server: Server, ask: Ask, path: str) -> None:
    (got,) = ask(server.url(path))
    assert got.reason == OK, got.detail
    assert got.final_url == (server.url("/image/0") if "hop" in path else "")


def test_other_formats_are_kept_as_png(server: Server, ask: Ask) -> None:
    (got,) = ask(server.url("/broken/gif"))
    assert got.data.startswith(PNG[:8]) and got.image["extension"] == "png"
    assert got.image["format"] == "gif" and got.image["sent_sha256"] != got.image["sha256"]


def test_pixels_are_counted_before_they_are_decoded(server: Server, ask: Ask) -> None:
    (got,) = ask(server.url("/image/1"), max_pixels=24 * 16 - 1)
    assert got.reason == "too_many_pixels" and "over the cap of 383" in got.detail


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://no-such-host.invalid/a.png", "dns"),
        ("ftp://example.org/a.png", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("http://", "bad_url"),
        ("no url", "bad_url"),
        ("http://a:b@example.org/", "bad_url"),
        ("http://example.org:99999/", "bad_url"),
        (f"http://{'a' * 70}.example/", "bad_url"),
        ("http://10.1.2.3/", "private_address"),
        ("http://224.0.0.1/", "private_address"),
        ("http://[::ffff:192.168.0.1]/", "private_address"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
def test_urls_that_cannot_be_asked(ask: Ask, url: str, reason: str) -> None:
    (got,) = ask(url)
    assert got.reason == reason, got.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_this_machine_is_not_asked(server: Server, ask: Ask, host: str) -> None:
    (got,) = ask(f"http://{host}:{server.port}/image/1", allow_loopback=False)
    # Some odd spellings are no URLs to the client library; the others resolve to this machine.
    assert got.reason == ("bad_url" if host.isdigit() else "private_address"), got.detail
    assert not server.requests


def test_a_certificate_that_nobody_knows_is_refused(tmp_path: Path, ask: Ask) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    subprocess.run([*made, *names], check=True, capture_output=True)
    with Server(secure=(certificate, key)) as server:
        (got,) = ask(server.url("/image/1"))
    assert got.reason == "tls" and not server.requests


def test_a_picture_that_takes_too_long_costs_itself_alone(server: Server, ask: Ask) -> None:
    slow, fine = ask(server.url("/image/1"), server.url("/image/2"), decode=1e-9)
    assert (slow.reason, fine.reason) == ("decode", "decode")
    assert "timeout" in slow.detail


def test_memory_for_one_image_is_enough(server: Server, ask: Ask) -> None:
    urls = [server.url(f"/image/{number}") for number in range(20)]
    got = ask(*urls, max_bytes=1 << 20, memory=(1 << 20) + 2)
    assert [each.reason for each in got] == [OK] * 20


@pytest.mark.parametrize("host", HOSTS[:2])
def test_opt_out_lists_hold(server: Server, ask: Ask, host: str, tmp_path: Path) -> None:
    lines = [server.url("/image/1"), HOSTS[1], hashlib.sha256(picture(2, "PNG")).hexdigest()]
    (tmp_path / "list").write_text("# why\n\n" + "\n".join(lines) + "\n")
    urls = [server.url(f"/image/{number}", host) for number in (1, 2, 3)]
    got = ask(*urls, server.url(f"/to/{urls[0]}"), opt_out=(str(tmp_path / "list"),))
    third = OK if host == HOSTS[0] else "opt_out"
    assert [each.reason for each in got] == ["opt_out", "opt_out", third, "opt_out"]
    assert not server.count("/image/1")
