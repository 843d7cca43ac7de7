"""The verb `check`: every table read, every row accounted for, every region's name followed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hubmap.geodata.report import examined, write_merged, write_rejected
from hubmap.layers.build import resolve_regions
from hubmap.layers.recipe import Clusters, NamedRegions, OtherHubs
from hubmap.loading import collecting
from hubmap.maps.payload import RANK_TAG
from hubmap.maps.pins import Known, unpinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.errors import HubmapError
    from hubmap.geodata.account import Account
    from hubmap.tables import Entities
    from hubmap.workspace import Workspace


class Checked(NamedTuple):
    """What a check says: each source's account, of the other tables a line, and the findings."""

    accounts: list[Account]
    lines: list[str]
    findings: list[HubmapError]


def check(workspace: Workspace, sources: Sequence[str] = ()) -> Checked:
    """Read and validate tables, account for every row, follow every region's name.

    Parameters
    ----------
    workspace
        Its recipes are sound, or it would not be open.
    sources
        Ids; all by default, with regions, basemap and hubs.

    Returns
    -------
    Checked
        Accounts and findings; rejected rows are written to ``layers/rejected/``.
    """
    checked = Checked([], [], [])
    chosen = workspace.chosen(sources, workspace.sources, "source")
    with collecting(checked.findings):
        regions = workspace.region_table
        checked.lines.append(f"{workspace.regions.id}: {len(regions)} regions")
    if checked.findings:
        return checked
    if not sources:
        with collecting(checked.findings):
            if workspace.basemap_table is not None and workspace.basemap:
                checked.lines.append(
                    f"{workspace.basemap.id}: {len(workspace.basemap_table)} features"
                )
    _check_sources(workspace, chosen, checked)
    for id, hub in workspace.hubs.items() if not sources else ():
        if isinstance(hub.delineation, NamedRegions):
            with collecting(checked.findings):
                where = str(workspace.root / "layers" / f"{id}.toml")
                resolve_regions(hub.delineation, regions, where)
    for id, recipe in workspace.maps.items() if not sources else ():
        if recipe.notes:
            where = str(workspace.root / "maps" / f"{id}.toml")
            checked.findings.extend(unpinned(recipe, _known(workspace, recipe.layers), where))
    return checked


def _known(workspace: Workspace, hubs: Sequence[str]) -> Known:
    """What the notes of a map of these hubs can name."""
    known = Known(tags={RANK_TAG})
    names = list(hubs)
    for id in names:
        hub = workspace.hubs[id]
        if isinstance(hub.delineation, OtherHubs):
            names += [name for name in hub.delineation.hubs if name not in names]
        # Where hubs are found, only a build can tell what they are called.
        found = isinstance(hub.delineation, Clusters) or known.zones is None
        known.zones = None if found else {*(known.zones or ()), id}
        known.statistics |= {statistic.key for statistic in hub.statistics}
        for name in hub.sources or workspace.sources:
            _add_source(workspace, name, known)
    if known.zones is not None:
        known.zones |= set(workspace.region_table.index.astype(str))
    return known


def _add_source(workspace: Workspace, id: str, known: Known) -> None:
    source = workspace.sources[id]
    known.kinds.add(source.kind)
    if source.stream is not None:
        known.entities = known.categories = known.tags = None
        return
    table = workspace.taken(id).entities
    for have, words in (
        (known.entities, table["id"]),
        (known.categories, table.get("category", [])),
        (known.tags, table["tags"].str.split(";").explode() if "tags" in table else []),
    ):
        if have is not None:
            have |= {str(word) for word in words}


def _check_sources(workspace: Workspace, chosen: Sequence[str], checked: Checked) -> None:
    """The accounts; the other sources, where they can be read, are witnesses of names."""
    read: dict[str, Entities] = {}
    for id, source in workspace.sources.items():
        with collecting(checked.findings if id in chosen else []):
            if source.stream is None:
                read[id] = workspace.taken(id).entities
            elif id in chosen:
                sample = workspace.entities(id)[1]
                checked.lines.append(f"{id}: in parts, {len(sample)} points kept as a sample")
    folder = str(workspace.root / "geodata")
    for id in (id for id in chosen if id in read):
        with collecting(checked.findings):
            taken = workspace.taken(id)
            others = {name: table for name, table in read.items() if name != id}
            account = examined(taken, workspace.region_table, others)
            refused = tuple(str(e).replace(folder, "geodata") for e in taken.refusal[:1])
            checked.accounts.append(replace(account, refused=refused))
            checked.findings.extend(taken.refusal)
            write_rejected(taken, workspace.root / "layers" / "rejected")
            write_merged(taken, workspace.root / "layers" / "merged")
