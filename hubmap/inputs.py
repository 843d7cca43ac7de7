"""A workspace's recipes, and its tables, each read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast

from hubmap.assign.engine import named_engine
from hubmap.errors import Findings
from hubmap.files import BuildLock
from hubmap.geodata.recipe import BasemapSource, EntitySource, RegionSource
from hubmap.layers.recipe import HubRecipe, OtherHubs
from hubmap.loading import load_recipes
from hubmap.maps.recipe import MapRecipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from hubmap.assign.engine import Engine
    from hubmap.geodata.entities import Taken
    from hubmap.stream.parts import Part
    from hubmap.stream.source import Streamed
    from hubmap.tables import Entities, Regions


def _nothing(step: str) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Inputs:
    """A folder with ``geodata/``, ``layers/`` and ``maps/``; see :meth:`open`.

    Attributes
    ----------
    root
        The folder.
    sources, regions, basemap
        The recipes in ``geodata/``, by id; the regions are exactly one.
    hubs, maps
        The recipes in ``layers/`` and ``maps/``, by id.
    progress
        Called with the name of each step of work.
    engine
        How points are assigned, see :mod:`hubmap.assign.engine`; products do not depend on it.
    cluster
        Where sources in parts are counted: a Dask scheduler's address, ``local``, or here.
    """

    root: Path
    sources: dict[str, EntitySource]
    regions: RegionSource
    basemap: BasemapSource | None
    hubs: dict[str, HubRecipe]
    maps: dict[str, MapRecipe]
    progress: Callable[[str], None] = field(default=_nothing, compare=False)
    engine: Engine = field(default="auto", compare=False)
    cluster: str = field(default="", compare=False)

    @classmethod
    def open(
        cls,
        root: Path,
        progress: Callable[[str], None] = _nothing,
        *,
        engine: Engine = "auto",
        cluster: str = "",
    ) -> Self:
        """Read all recipes of a workspace and follow the names in them.

        Parameters
        ----------
        root
            The folder that holds the three.
        progress
            Called with the name of each step of work.
        engine, cluster
            As for the class.

        Raises
        ------
        Findings
            Everything that is wrong with the recipes.
        """
        recipes = load_recipes(root)
        named_engine(engine)
        return cls(root=root, progress=progress, engine=engine, cluster=cluster, **vars(recipes))

    # Tables

    @cached_property
    def region_table(self) -> Regions:
        """The regions, read once."""
        from hubmap.geodata.regions import read_regions

        self.progress("reading regions")
        return read_regions(self.regions, self.root / "geodata")

    @cached_property
    def basemap_table(self) -> gpd.GeoDataFrame | None:
        """The basemap, read once."""
        from hubmap.geodata.regions import read_basemap

        return read_basemap(self.basemap, self.root / "geodata") if self.basemap else None

    @cached_property
    def _entities(self) -> dict[str, tuple[Entities, gpd.GeoDataFrame]]:
        return {}

    @cached_property
    def _lock(self) -> BuildLock:
        folders = (self.root / "layers", self.root / "maps")
        return BuildLock(folders[0] / ".lock", folders)

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        return {}

    def fingerprint(self, part: Part) -> str:
        """The fingerprint of a part of a source, taken once."""
        if part.where not in self._fingerprints:
            self.progress(f"fingerprint of {part.where}")
            self._fingerprints[part.where] = part.digest()
        return self._fingerprints[part.where]

    @cached_property
    def _streamed(self) -> dict[str, Streamed]:
        return {}

    def streamed(self, id: str) -> Streamed:
        """What a source in parts comes to; counted once."""
        from hubmap.stream.source import read_streamed

        if id not in self._streamed:
            hubs = {
                hub: recipe
                for hub, recipe in self.hubs.items()
                if self.sources[id] in self.hub_sources(hub)
            }
            with self._lock.held():
                self._streamed[id] = read_streamed(
                    self.sources[id],
                    id,
                    self.root,
                    self.region_table,
                    hubs,
                    engine=self.engine,
                    cluster=self.cluster,
                    digest=self.fingerprint,
                    say=lambda words: self.progress(f"{id}: {words}"),
                )
        return self._streamed[id]

    @cached_property
    def _taken(self) -> dict[str, Taken]:
        return {}

    def taken(self, id: str) -> Taken:
        """One source with the account of its rows, faulty ones included; read once."""
        from hubmap.geodata.entities import take_entities

        if id not in self._taken:
            self.progress(f"reading {id}")
            source = self.sources[id]
            self._taken[id] = take_entities(source, self.root / "geodata", self.region_table)
        return self._taken[id]

    def entities(self, id: str) -> tuple[Entities, gpd.GeoDataFrame]:
        """One source's entities, as read and with their districts; read once."""
        from hubmap.geodata.report import write_merged, write_rejected
        from hubmap.layers.assign import assign

        if self.sources[id].stream is not None:
            sample = self.streamed(id).entities
            return cast("Entities", sample), sample
        if id not in self._entities:
            taken = self.taken(id)
            if taken.refusal:
                raise Findings(taken.refusal)
            write_rejected(taken, self.root / "layers" / "rejected")
            write_merged(taken, self.root / "layers" / "merged")
            grid = self.root / "layers" / ".grid"
            placed = assign(taken.entities, self.region_table, engine=self.engine, cache=grid)
            self._entities[id] = taken.entities, placed
        return self._entities[id]

    # Names

    def hub_sources(self, id: str) -> list[EntitySource]:
        """The sources that go into a hub."""
        return [self.sources[name] for name in self.hubs[id].sources or self.sources]

    def members(self, id: str) -> tuple[str, ...]:
        """The hubs that a comparison is made of; empty for a hub of regions."""
        delineation = self.hubs[id].delineation
        return delineation.hubs if isinstance(delineation, OtherHubs) else ()
