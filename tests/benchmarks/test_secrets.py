"""Keys and tokens: our finder against detect-secrets, in CPU seconds over the same documents."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.measures import secrets
from tests.benchmarks.conftest import Table, peer

# Runs in the other environment: scans each document as a file, as the library is meant to be used.
THEIRS = """
import json, sys, tempfile, time
from pathlib import Path
from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings
texts = json.loads(Path(sys.argv[1]).read_text())
with default_settings(), tempfile.TemporaryDirectory() as folder:
    names = []
    for number, text in enumerate(texts):
        names.append(f"{folder}/{number}.txt")
        Path(names[-1]).write_text(text)
    found, start = SecretsCollection(), time.process_time()
    for name in names:
        found.scan_file(name)
    print(time.process_time() - start)
"""


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_secrets_against_detect_secrets(samples: Path, tmp_path: Path, table: Table) -> None:
    files = [*(samples / "text" / "zh-docs").glob("*.md"), *(samples / "text/licences").iterdir()]
    texts = [each.read_text("utf-8", "replace") for each in sorted(files)][:40]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    (tmp_path / "theirs.py").write_text(THEIRS)
    python = peer("detect-secrets==1.5.0")
    done = subprocess.run(
        [python, tmp_path / "theirs.py", tmp_path / "texts.json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    other = float(done.stdout) / len(texts)
    assert not [list(secrets.find(text)) for text in texts if list(secrets.find(text))]
    start = time.process_time()
    for text in texts:
        list(secrets.find(text))
    mine = (time.process_time() - start) / len(texts)
    figures = f"{1000 * mine:.1f} against {1000 * other:.1f} ms of CPU a document"
    table.add("Keys and tokens against detect-secrets", other / mine, "> 1", figures)
