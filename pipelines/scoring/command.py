"""`shardwright score DIR`: its options, and what they mean."""

import argparse
from typing import Any

from pipelines import annotate, live, runners
from pipelines.job import lock
from pipelines.layout import BUILD
from pipelines.scoring import finished
from pipelines.scoring.settings import DTYPES, TINY, Scoring, device_faults, faults
from pipelines.store import join


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "score",
        help="let a model score the samples of a finished corpus",
        description="Scores every sample: loss and perplexity of its text, what its images are "
        "worth, which option of a question is the likeliest. The scores join the Parquet indexes; "
        "tars stay as they are. Stopped, the same command goes on. Further options go to Beam.",
        epilog="example: shardwright score corpus --model tiny --categories pretrain/caption",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("--model", default=TINY, help="`tiny` (default) or a checkpoint directory")
    parser.add_argument("--dtype", choices=DTYPES, default=DTYPES[0])
    parser.add_argument("--device", default="cpu", help="as torch names it (default: cpu)")
    parser.add_argument("--categories", nargs="*", default=[], help="only samples of these")
    parser.add_argument("--batch", type=int, default=32, help="samples scored together, up to 64")
    parser.add_argument("--runner", default="DirectRunner", help="Beam runner (default: local)")
    parser.add_argument("--workers", type=int, default=0, help="local processes; 0: one a core")
    parser.add_argument("--json", action="store_true", help="print the manifest's summary as JSON")
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, rest: list[str]) -> int:
    """Scores a corpus; returns the exit code.

    Raises:
        UsageError: the options make no sense.
        BuildError: it stopped.
        CorpusError: there is no finished corpus.
    """
    told = {"categories": known.categories}
    wrong = [*faults(told, known.model), *device_faults(known.device, known.runner)]
    if not 1 <= known.batch <= 64:
        wrong.append(f"--batch is {known.batch}, expected 1 to 64")
    if wrong:
        raise runners.UsageError("\n".join(wrong))
    scoring = Scoring(
        model=known.model,
        dtype=known.dtype,
        device=known.device,
        categories=tuple(known.categories),
        batch=known.batch,
    )
    job = finished.Job(
        out=known.dir.rstrip("/"),
        scoring=scoring,
        runner=known.runner,
        workers=annotate.processes(scoring, known.workers),
        arguments=tuple(rest),
    )
    with live.Progress(job.out) as progress:
        manifest = _score(job, progress)
    live.print_result(manifest, job.out, as_json=known.json)
    return 0


def _score(job: finished.Job, progress: live.Progress) -> dict[str, Any]:
    finished.check(job)
    with lock(job.out):
        log, drive = join(job.out, BUILD, "log.txt"), "pipelines.scoring.finished:score"
        manifest: dict[str, Any] = runners.run(drive, job, progress.show, log)
        return manifest
