"""The command `chat`: one question to a checkpoint, to see what it has learnt."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "chat",
        help="ask a model about an image, to look at a checkpoint",
        description="Answers one question about an image. The shipped `tiny` is made to score, not "
        "to talk: its answers show that it runs, and no more.",
        epilog="example: shardwright chat tiny picture.png 'What is in the picture?'",
    )
    parser.add_argument("model", help="`tiny`, or a checkpoint directory")
    parser.add_argument("image", help="file with an image; `-` for none")
    parser.add_argument("question")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--device", default="cpu", help="as torch names it (default: cpu)")
    parser.add_argument("--limit", type=int, default=512, help="tokens of the answer at most")
    parser.add_argument("--temperature", type=float, default=0.0, help="0: the likeliest answer")
    parser.add_argument("--seed", type=int, default=0, help="of the sampling")
    parser.set_defaults(run=_chat)


def _chat(known: argparse.Namespace, _: list[str]) -> int:
    # Torch takes seconds to load, which no other command should wait for.
    from model.generate import chat

    try:
        answer = chat(
            known.model,
            None if known.image == "-" else Path(known.image),
            known.question,
            dtype=known.dtype,
            device=known.device,
            limit=known.limit,
            temperature=known.temperature,
            seed=known.seed,
        )
    except (ValueError, OSError) as error:
        print(f"shardwright chat: {error}", file=sys.stderr)
        return 1
    print(answer)
    return 0
