"""Fixtures: a small workspace of our own, and the one that the repository is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support import no_sockets

from hubmap.default import default_files, lay_down

# Machines are shared: how long an example takes says nothing of the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The skeleton of `hubmap init --empty`: two districts, three firms, a hub, a map."""
    folder = tmp_path / "small"
    lay_down(folder, empty=True)
    return folder


@pytest.fixture(scope="session")
def china(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built copy of the default workspace, built while no socket may be opened."""
    from hubmap.workspace import Workspace

    folder = tmp_path_factory.mktemp("china")
    for name, content in default_files():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    with no_sockets():
        for _ in Workspace.open(folder).build():
            pass
    return folder


@pytest.fixture
def china_recipes(tmp_path: Path) -> Path:
    """An unbuilt copy of the default workspace that a test may change."""
    folder = tmp_path / "china"
    for name, content in default_files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
