"""How hosts are asked: robots.txt, rests, retries, and not too much at once."""

import json

import pytest

from pipelines.fetch.outcomes import OK
from tests.pipelines.fetch.conftest import Ask
from tests.pipelines.fetch.server import HOSTS, Server

RULES = (
    "User-agent: *\nDisallow: /\n\nUser-agent: Shardwright\nDisallow: /image/1$\nAllow: /image\n"
)


def test_robots_are_asked_once_and_obeyed(server: Server, ask: Ask) -> None:
    server.robots[HOSTS[0]] = (200, RULES)
    one, eleven, two = ask(*[server.url(f"/image/{number}") for number in (1, 11, 2)])
    assert (one.reason, eleven.reason, two.reason) == ("robots", OK, OK)
    assert server.count("/robots.txt") == 1 and not server.count("/image/1")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, OK),
        (403, OK),
        (429, "robots_unknown"),
        (500, "robots_unknown"),
        (503, "robots_unknown"),
    ],
)
def test_robots_that_cannot_be_had(server: Server, ask: Ask, status: int, reason: str) -> None:
    server.robots[HOSTS[0]] = (status, "User-agent: *\nDisallow: /\n")
    (got,) = ask(server.url("/image/1"))
    assert got.reason == reason


def test_what_a_host_reserves_for_itself_is_left_alone(server: Server, ask: Ask) -> None:
    rules = [
        {"location": "/image/1*", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"},
        {"location": "/image/2", "tdm-reservation": 0},
    ]
    server.reserved[HOSTS[0]] = json.dumps(rules)
    one, eleven, two = ask(*[server.url(f"/image/{number}") for number in (1, 11, 2)])
    assert (one.reason, eleven.reason, two.reason) == ("reserved", "reserved", OK)
    assert "tdmrep.json" in one.detail and not server.count("/image/1")
    assert server.count("/.well-known/tdmrep.json") == 1


@pytest.mark.parametrize(
    "text", ["nonsense", "[" * 100_000, "{}", '[1, {"location": 3, "tdm-reservation": 1}]', "[]"]
)
def test_a_damaged_reservation_reserves_nothing(server: Server, ask: Ask, text: str) -> None:
    server.reserved[HOSTS[0]] = text
    assert ask(server.url("/image/1"))[0].reason == OK


def test_a_redirect_asks_the_robots_of_where_it_leads(server: Server, ask: Ask) -> None:
    server.robots[HOSTS[1]] = (200, "User-agent: *\nDisallow: /image/7\n")
    (got,) = ask(server.url(f"/to/{server.url('/image/7', HOSTS[1])}"))
    assert got.reason == "robots" and HOSTS[1] in got.detail
    assert not server.count("/image/7")


def test_robots_of_any_size_and_form_do_no_harm(server: Server, ask: Ask) -> None:
    stars = "Disallow: /" + "*a" * 5000 + "b\n"
    server.robots[HOSTS[0]] = (200, "User-agent: *\n" + stars + "Allow: /\n" * 200_000)
    (got,) = ask(server.url("/image/1?" + "a" * 5000), total=20.0)
    assert got.reason in (OK, "decode", "connection", "server_error")


def test_a_busy_host_gets_the_rest_that_it_asks_for(server: Server, ask: Ask) -> None:
    path = "/busy/429/1/a"
    got = ask(server.url(path), server.url("/image/1"), tries=3, per_host=1)
    assert [each.reason for each in got] == [OK, OK]
    first, second = server.times[path]
    assert second - first >= 0.95
    # Another URL of the host, whose turn came in between, waited too.
    assert server.times["/image/1"][0] - first >= 0.95


def test_a_host_that_wants_too_much_rest_is_left_alone(server: Server, ask: Ask) -> None:
    got = ask(server.url("/rest_long/"), server.url("/image/1"), per_host=1)
    assert [each.reason for each in got] == ["rate_limited", "rate_limited"]
    assert (got[0].status, got[0].tries) == (503, 1) and "not asked" in got[1].detail
    assert not server.count("/image/1")


def test_a_host_that_stays_busy_is_given_up(server: Server, ask: Ask) -> None:
    (got,) = ask(server.url("/busy/503/9/a"), tries=2)
    assert (got.reason, got.status, got.tries) == ("rate_limited", 503, 2)


def test_no_host_is_asked_too_much_at_once(server: Server, ask: Ask) -> None:
    urls = [server.url(f"/later/{number}", host) for number in range(8) for host in HOSTS[:3]]
    got = ask(*urls, per_host=2, concurrency=5)
    assert {each.reason for each in got} == {OK}
    assert set(server.most.values()) <= {1, 2} and server.most[HOSTS[0]] == 2


def test_requests_to_a_host_keep_their_distance(server: Server, ask: Ask) -> None:
    server.robots[HOSTS[0]] = (200, "User-agent: *\nCrawl-delay: 0.2\nAllow: /\n")
    got = ask(*[server.url(f"/image/{number}") for number in range(4)])
    assert {each.reason for each in got} == {OK}
    times = sorted(server.times[f"/image/{number}"][0] for number in range(4))
    assert all(later - before >= 0.19 for before, later in zip(times, times[1:], strict=False))


def test_a_dead_host_is_not_asked_for_ever(ask: Ask) -> None:
    got = ask(*[f"http://127.0.0.9:1/{number}" for number in range(12)], give_up=3, per_host=1)
    assert {each.reason for each in got} == {"refused"}
    assert sum("not asked" in each.detail for each in got) == 9


def test_a_short_outage_is_bridged(server: Server, ask: Ask) -> None:
    server.robots["well"] = (200, "")
    (got,) = ask(server.url("/heals/3"))
    assert (got.reason, got.tries) == (OK, 1)


def test_a_kept_connection_that_is_closed_by_now_costs_no_try(server: Server, ask: Ask) -> None:
    (got,) = ask(server.url("/kept/3"), tries=1)
    assert (got.reason, got.tries) == (OK, 1)
    assert server.count("/kept/3") == 2
