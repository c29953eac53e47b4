"""`shardwright fetch`: its options, and what they mean."""

import argparse
import sys
from typing import Any

from pipelines.fetch.lists import Lists
from pipelines.fetch.settings import MB, Settings
from pipelines.recipe_reader import read_recipe

DONE, USAGE, OVER_LIMIT = 0, 2, 3


def add(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "fetch",
        help="fetch the images of a list of URLs into local tars",
        description="Fetches images by URL into WebDataset tars, once: the same command goes on "
        "where it was stopped. Obeys robots.txt, opt-out headers and lists, and the limits that "
        "hosts set; asks public addresses only. Further options go to Beam.",
        epilog="example: shardwright fetch laion.parquet --out images --url-column URL "
        "--text-column TEXT --contact https://example.org/crawl. "
        "Or: shardwright fetch --recipe recipe.yaml --entry obelics. "
        "Exit code 3: fewer images came than --min-success asks for, or none.",
    )
    parser.add_argument("list", nargs="*", help="JSON Lines, JSON, CSV, TSV or Parquet; patterns")
    parser.add_argument(
        "--recipe", default="", help="in place of a list: fetch what an entry of it needs"
    )
    parser.add_argument("--entry", default="", help="name of that entry, if there are several")
    parser.add_argument(
        "--out", default="", help="folder or URL for the tars (default: the entry's `fetched`)"
    )
    _add_what(parser)
    _add_limits(parser)
    parser.add_argument("--retry", action="store_true", help="ask again for what may have healed")
    parser.add_argument("--runner", default="DirectRunner", help="Beam runner (default: local)")
    parser.add_argument("--workers", type=int, default=0, help="local processes; 0: one a core")
    parser.add_argument("--min-success", type=float, default=0.0, help="share of URLs, 0 to 1")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, rest: list[str]) -> int:
    """Runs the command and returns its exit code."""
    # An HTTP client takes a third of a second to load, for which no other command should wait.
    from pipelines.fetch import report, stage

    try:
        settings = settings_of(known)
        lists = lists_of(known)
        out = known.out or (lists.entry.fetched if lists.entry else "")
        if not out:
            raise ValueError("--out is missing: the folder or URL for the tars")
    except ValueError as error:
        print(f"shardwright fetch: {error}", file=sys.stderr)
        return USAGE
    if not settings.contact:
        print("hint: --contact tells hosts whom they may ask about these requests", file=sys.stderr)
    job = stage.Job(
        lists=lists,
        settings=settings,
        out=out,
        retry=known.retry,
        runner=known.runner,
        workers=known.workers,
        arguments=tuple(rest),
    )
    with report.Live(out) as live:
        value = stage.fetch(job, live.show)
    entry = lists.entry.name if lists.entry else ""
    report.print_result(value, out, entry=entry, as_json=known.json)
    return OVER_LIMIT if not value["images"] or value["success"] < known.min_success else DONE


def lists_of(known: argparse.Namespace) -> Lists:
    """Returns what to read by the options: lists, or an entry of a recipe.

    Raises:
        ValueError: neither is given, or both, or there is no such entry.
    """
    if bool(known.list) == bool(known.recipe):
        raise ValueError("expected lists of URLs, or --recipe, and not both")
    if not known.recipe:
        paths = tuple(known.list)
        return Lists(paths=paths, url=known.url_column, text=known.text_column, rows=known.rows)
    stanzas = {each.name: each for each in read_recipe(known.recipe, before_fetch=True).stanzas}
    names = [known.entry] if known.entry else list(stanzas)
    if len(names) > 1 or names[0] not in stanzas:
        got = f"--entry {known.entry}" if known.entry else "no --entry"
        raise ValueError(f"{got}: expected one of {', '.join(stanzas)}")
    return Lists(paths=(), rows=known.rows, entry=stanzas[names[0]])


def settings_of(known: argparse.Namespace) -> Settings:
    """Returns the settings that the options ask for.

    Raises:
        ValueError: an option makes no sense.
    """
    return Settings(
        contact=known.contact,
        max_bytes=int(known.max_mb * MB),
        max_pixels=int(known.max_megapixels * 1e6),
        connect=known.connect_timeout,
        read=known.read_timeout,
        total=known.timeout,
        tries=known.tries,
        backoff=known.backoff,
        max_wait=known.max_wait,
        redirects=known.redirects,
        concurrency=known.concurrency,
        per_host=known.per_host,
        delay=known.delay,
        opt_out=tuple(known.opt_out),
        allow_loopback=known.allow_loopback,
    )


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url-column",
        default="url",
        help="column of the URL or of a list of URLs; dots lead inside, as in image_info.raw_url",
    )
    parser.add_argument("--text-column", default="", help="column of a caption, kept as .txt")
    parser.add_argument("--rows", type=int, default=1000, help="URLs in a shard (default: 1000)")
    parser.add_argument(
        "--opt-out",
        action="append",
        default=[],
        metavar="FILE",
        help="file of URLs, domains and SHA-256 hashes to leave alone, one a line",
    )
    parser.add_argument("--contact", default="", help="URL or address told to every host")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    basis = Settings()
    numbers: list[tuple[str, type[int] | type[float], float, str]] = [
        ("concurrency", int, basis.concurrency, "requests at once in a worker"),
        ("per-host", int, basis.per_host, "requests at once to one host"),
        ("delay", float, basis.delay, "seconds between requests to one host"),
        ("tries", int, basis.tries, "requests for one URL"),
        ("backoff", float, basis.backoff, "seconds before the second try; then doubled"),
        ("max-wait", float, basis.max_wait, "longest rest that a host is given, in seconds"),
        ("redirects", int, basis.redirects, "redirects followed"),
        ("connect-timeout", float, basis.connect, "seconds"),
        ("read-timeout", float, basis.read, "seconds without a byte"),
        ("timeout", float, basis.total, "seconds for a request"),
        ("max-mb", float, basis.max_bytes / MB, "size of an image"),
        ("max-megapixels", float, basis.max_pixels / 1e6, "size of an image, before decoding"),
    ]
    for name, kind, default, words in numbers:
        told = f"{words} (default: {default:g})"
        parser.add_argument(f"--{name}", type=kind, default=default, metavar="N", help=told)
    # For tests against a server on this machine; it opens the machine to what a list says.
    parser.add_argument("--allow-loopback", action="store_true", help=argparse.SUPPRESS)
