"""The command line: `shardwright COMMAND ...`.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 finished, but more rows broke than the recipe allows.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from importlib import import_module

from pipelines.corpus.catalogue import UnknownSource
from pipelines.corpus.state import CorpusError
from pipelines.recipe_reader import RecipeError
from pipelines.runners import BuildError, UsageError
from pipelines.s3 import StoreError
from pipelines.units import InputError

FAILED, USAGE = 1, 2
# Which module has a command: its `add` tells the command's options, its help and what runs it. Only
# the module of the command that is given is loaded.
COMMANDS = {
    "build": "launch",
    "fetch": "fetch.command",
    "inspect": "corpus.inspect",
    "why": "corpus.why",
    "explore": "corpus.explore",
    "verify": "corpus.verify",
    "sources": "corpus.catalogue",
    "schema": "corpus.catalogue",
    "taxonomy": "corpus.classes",
    "mix": "corpus.mix",
    "prompts": "corpus.prompts",
    "evaluation-set": "evaluation.command",
    "score": "scoring.command",
    "fingerprint": "leakage.command",
    "leaks": "leakage.leaks",
    "signatures": "near.export",
    "chat": "chat",
}
# Commands that take options of Beam, and that go on where they were stopped.
_GOES_ON = ("build", "fetch", "score")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s: %(message)s")
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser(next(iter(given), ""))
    known, rest = parser.parse_known_args(given)
    if rest and known.command not in _GOES_ON:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    try:
        code: int = known.run(known, rest)
        return code
    except (RecipeError, UsageError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except UnknownSource as error:
        print(f"shardwright {known.command}: {error}", file=sys.stderr)
        return USAGE
    except (InputError, CorpusError, BuildError, StoreError) as error:
        print(f"shardwright {known.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        hint = "; the same command goes on from here" if known.command in _GOES_ON else ""
        print(f"\nstopped{hint}", file=sys.stderr)
        return FAILED


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser of a command, or of all where it is none."""
    parser = argparse.ArgumentParser(
        prog="shardwright",
        description="Builds vision-language corpora: raw material in, sharded WebDataset tars out.",
        epilog="exit codes: 0 done; 1 failed; 2 wrong usage; 3 finished, but more rows broke than "
        "the recipe allows",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in wanted:
        import_module(f"pipelines.{module}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
