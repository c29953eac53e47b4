"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts what takes longest first, so that the other tests run beside it."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The real inputs beside the checkout: their absence fails under CI and skips elsewhere."""
    folder = ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        message = f"the real samples are missing: expected them at {folder}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
