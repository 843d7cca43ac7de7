"""The same counting on Dask: a part a task, and a tree of tasks that add tallies up."""

from __future__ import annotations

from contextlib import contextmanager
from logging import ERROR
from typing import TYPE_CHECKING, Any

from hubmap.errors import MissingExtra, ProductError
from hubmap.stream.run import FORMAT, added, count_part, reduced
from hubmap.stream.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hubmap.stream.batch import Plan
    from hubmap.stream.parts import Part
    from hubmap.stream.progress import Progress

WAIT_S = 10


def _format() -> str:
    return FORMAT


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler at an address, or of one started here for ``local``.

    Raises
    ------
    MissingExtra
        Dask is not installed.
    ProductError
        Nothing answers there, or its workers are not ours.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise MissingExtra(
            "A build on a cluster needs dask and distributed, which are not installed.",
            'Install them with `pip install "hubmap[cluster]"`, or build without --cluster.',
        ) from None
    if address == "local":
        with (
            LocalCluster(
                threads_per_worker=1, dashboard_address=None, silence_logs=ERROR
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=WAIT_S)
    except (OSError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise ProductError(
            f"--cluster {address}: no Dask scheduler answers ({reason}).",
            "Start one with `dask scheduler`, or name `local`.",
        ) from None
    with client:
        try:
            formats = client.run(_format)
        except (ImportError, AttributeError):
            formats = {"": "another"}
        if set(formats.values()) != {FORMAT}:
            found = "another hubmap, or none" if formats else "no worker"
            raise ProductError(
                f"--cluster {address}: its workers must have this version of hubmap; "
                f"there is {found}.",
                "Install it there and start the workers again.",
            )
        yield client


def count_on(
    address: str, plan: Plan, parts: Sequence[Part], paths: Sequence[Path], progress: Progress
) -> Tally:
    """Count all parts on a cluster, but for those that were counted before.

    Parameters
    ----------
    address
        As for :func:`connected`.
    plan, parts
        How, and what. Workers open the parts themselves, by the same path or URL.
    paths
        Where each part's tally is kept here, as soon as it is counted.
    progress
        Told of each part that is done.

    Returns
    -------
    Tally
        To the last bit what one process counts: the functions are the same, and so is the shape
        of the tree. What a worker held that dies is counted again by the others.
    """
    with connected(address) as client:
        from distributed import as_completed

        shared = client.scatter(plan.alone(), broadcast=True, hash=False)
        like = plan.empty()
        tallies, number = [], {}
        for k, (part, path) in enumerate(zip(parts, paths, strict=True)):
            kept = Tally.read(path, like)
            if kept is None:
                future = client.submit(count_part, shared, part, pure=False)
                number[future.key] = k
            else:
                # On two workers, so that it outlives one.
                future = client.scatter(kept, broadcast=2, hash=False)
                progress.kept(k)
            tallies.append(future)
        whole = reduced(
            tallies, lambda one, other: client.submit(added, shared, one, other, pure=False)
        )
        told = len(parts) - len(number)
        for future in as_completed([f for f in tallies if f.key in number]):
            at = number[future.key]
            if future.status == "finished" and not paths[at].exists():
                future.result().write(paths[at])
                progress.part(told)
                progress.rows(progress.sizes[at])
                told += 1
        tally: Tally = whole.result()
    return tally
