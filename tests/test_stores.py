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

__all__ = ["folder", "template"]
# What each worker is told by its environment; nothing in hubmap knows of it.
COUNT = """
import sys
from pathlib import Path
from hubmap.workspace import Workspace
if __name__ == "__main__":
    Workspace.open(Path(sys.argv[1]), cluster=sys.argv[2]).streamed("postings")
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
    other = Path(shutil.copytree(template, tmp_path / "other"))
    recipe = other / "geodata" / "postings.toml"
    recipe.write_text(RECIPE.replace('"many"', f'"{url}"'), encoding="utf-8")
    shutil.rmtree(other / "geodata" / "many")
    script = tmp_path / "count.py"
    script.write_text(COUNT, encoding="utf-8")

    def count(where: Path, cluster: str) -> dict[str, bytes]:
        shutil.rmtree(where / "layers" / "streams", ignore_errors=True)
        done = subprocess.run(
            [sys.executable, str(script), str(where), cluster],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return products(where)

    wanted = count(folder, "")
    assert count(other, "") == wanted != {}
    assert count(other, "local") == wanted
