"""Parts in S3 and in Google Cloud Storage, each by a stand-in on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_stream import RECIPE, ROOT, folder, products, template

from hubmap.workspace import Workspace

__all__ = ["folder", "template"]
# A process of its own: where a store is, it and its workers are told by their environment alone.
COUNT = """
import sys
from pathlib import Path
from hubmap.workspace import Workspace
if __name__ == "__main__":
    alone, shared = map(Path, sys.argv[1:])
    Workspace.open(alone).streamed("postings")
    Workspace.open(shared, cluster="local").streamed("postings")
"""


@pytest.fixture
def s3(template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        store = s3fs.S3FileSystem(skip_instance_cache=True)
        store.mkdir("bucket")
        store.put(str(template / "geodata" / "many"), "bucket/many", recursive=True)
        yield "s3://bucket/many"
    finally:
        running.stop()


@pytest.fixture
def gs(template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = pytest.importorskip(
        "gcp_storage_emulator.server", reason="gcp-storage-emulator is not installed"
    )
    # Read when gcsfs is imported; its newer transport takes TLS only.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    gcsfs = pytest.importorskip("gcsfs", reason="gcsfs is not installed")
    running = server.create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
    running.start()
    try:
        port = running._api._httpd.server_port
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        store = gcsfs.GCSFileSystem(token="anon", skip_instance_cache=True)
        for part in sorted((template / "geodata" / "many").iterdir()):
            store.pipe(f"bucket/many/{part.name}", part.read_bytes())
        yield "gs://bucket/many"
    finally:
        running.stop()


@pytest.mark.parametrize("store", ["s3", "gs"])
def test_parts_in_a_store_give_the_same(
    store: str, folder: Path, template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(store)
    both = [tmp_path / "alone", tmp_path / "shared"]
    for other in both:
        shutil.copytree(template, other, ignore=shutil.ignore_patterns("many"))
        recipe = other / "geodata" / "postings.toml"
        recipe.write_text(RECIPE.replace('"many"', f'"{url}"'), encoding="utf-8")
    script = tmp_path / "count.py"
    script.write_text(COUNT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), *map(str, both)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    Workspace.open(folder).streamed("postings")
    assert products(folder) == products(both[0]) == products(both[1]) != {}
