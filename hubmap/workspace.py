"""The three folders: load every recipe, follow every name, build what changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from hubmap.errors import Findings, HubmapError, RecipeError
from hubmap.files import file_digest, write_text
from hubmap.geodata.recipe import SOURCES, BasemapSource, EntitySource, RegionSource
from hubmap.layers.recipe import HubRecipe, OtherHubs
from hubmap.ledger import Ledger, key_of
from hubmap.maps.recipe import MapRecipe
from hubmap.recipes import Recipe, parse_recipe, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from hubmap.geodata.entities import Taken
    from hubmap.layers.model import HubLayer
    from hubmap.tables import Entities, Regions

FOLDERS = ("geodata", "layers", "maps")
_LAYER_FILES = (
    "entities.parquet", "districts.parquet", "cells.parquet", "outline.parquet", "profile.json",
)  # fmt: skip
R = TypeVar("R", bound=Recipe)


class Product(NamedTuple):
    """What a build says of one product."""

    state: Literal["built", "fresh"]
    path: Path


def _nothing(step: str) -> None:
    """No progress is shown."""


@dataclass(frozen=True)
class Workspace:
    """A folder with ``geodata/``, ``layers/`` and ``maps/``; see :meth:`open`.

    Attributes
    ----------
    root
        The folder.
    sources, regions, basemap
        The recipes in ``geodata/``, by id; the regions are exactly one.
    hubs, maps
        The recipes in ``layers/`` and ``maps/``, by id.
    """

    root: Path
    sources: dict[str, EntitySource]
    regions: tuple[str, RegionSource]
    basemap: tuple[str, BasemapSource] | None
    hubs: dict[str, HubRecipe]
    maps: dict[str, MapRecipe]
    progress: Callable[[str], None] = field(default=_nothing, compare=False)

    @classmethod
    def open(cls, root: Path, progress: Callable[[str], None] = _nothing) -> Workspace:
        """Read all recipes of a workspace and follow the names in them.

        Parameters
        ----------
        root
            The folder that holds the three.
        progress
            Called with the name of each step of work.

        Raises
        ------
        Findings
            Everything that is wrong with the recipes.
        """
        found: list[HubmapError] = []
        if not any((root / folder).is_dir() for folder in FOLDERS):
            raise RecipeError(
                f"{root}: there is no geodata/, layers/ or maps/ here.",
                "Lay down a workspace with `hubmap init DIR`, or name one with `-C DIR`.",
            )
        sources: dict[str, EntitySource] = {}
        regions: dict[str, RegionSource] = {}
        basemaps: dict[str, BasemapSource] = {}
        for path in sorted((root / "geodata").glob("*.toml")):
            with _collecting(found):
                recipe = _read_source(path)
                if isinstance(recipe, RegionSource):
                    regions[path.stem] = recipe
                elif isinstance(recipe, BasemapSource):
                    basemaps[path.stem] = recipe
                else:
                    sources[path.stem] = recipe
        hubs = _read_all(root / "layers", HubRecipe, found)
        maps = _read_all(root / "maps", MapRecipe, found)
        for kind, recipes in (("regions", regions), ("basemap", basemaps)):
            if len(recipes) > 1:
                found.append(
                    RecipeError(
                        f"{root / 'geodata'}: {', '.join(recipes)} all say table = {kind!r}.",
                        "A workspace has one: remove the others.",
                    )
                )
        if not regions and not found:
            found.append(
                RecipeError(
                    f"{root / 'geodata'}: no recipe says table = 'regions'.",
                    "Hubs are made of regions: add one.",
                )
            )
        if found:
            raise Findings(found)
        basemap = next(iter(basemaps.items()), None)
        workspace = cls(root, sources, next(iter(regions.items())), basemap, hubs, maps, progress)
        workspace._follow_names()
        return workspace

    def _follow_names(self) -> None:
        found: list[HubmapError] = []

        def follow(where: Path, key: str, names: Iterable[str], known: Iterable[str]) -> None:
            import difflib

            for name in names:
                if name not in known:
                    close = difflib.get_close_matches(name, known, n=1)
                    hint = f"Did you mean `{close[0]}`?" if close else f"There is no {name}.toml."
                    found.append(RecipeError(f"{where}: key `{key}`: {name!r} is unknown.", hint))

        for id, hub in self.hubs.items():
            where = self.root / "layers" / f"{id}.toml"
            follow(where, "sources", hub.sources, self.sources)
            if isinstance(hub.delineation, OtherHubs):
                simple = [h for h, r in self.hubs.items() if r.delineation.method != "hubs"]
                follow(where, "delineation.hubs", hub.delineation.hubs, simple)
        for id, map_ in self.maps.items():
            follow(self.root / "maps" / f"{id}.toml", "layers", map_.layers, self.hubs)
        if found:
            raise Findings(found)

    # Tables

    @cached_property
    def region_table(self) -> Regions:
        """The regions, read once."""
        from hubmap.geodata.regions import read_regions

        self.progress("reading regions")
        return read_regions(self.regions[1], self.root / "geodata")

    @cached_property
    def basemap_table(self) -> gpd.GeoDataFrame | None:
        """The basemap, read once."""
        from hubmap.geodata.regions import read_basemap

        return read_basemap(self.basemap[1], self.root / "geodata") if self.basemap else None

    @cached_property
    def _taken(self) -> dict[str, Taken]:
        return {}

    @cached_property
    def _entities(self) -> dict[str, tuple[Entities, gpd.GeoDataFrame]]:
        return {}

    def taken(self, id: str) -> Taken:
        """One source with the account of its rows, faulty ones included; read once."""
        from hubmap.geodata.entities import take_entities

        if id not in self._taken:
            self.progress(f"reading {id}")
            source = self.sources[id].model_copy(update={"id": id})
            self._taken[id] = take_entities(source, self.root / "geodata", self.region_table)
        return self._taken[id]

    def entities(self, id: str) -> tuple[Entities, gpd.GeoDataFrame]:
        """One source's entities, as read and with their districts; read once."""
        from hubmap.geodata.report import write_rejected
        from hubmap.layers.assign import assign

        if id not in self._entities:
            taken = self.taken(id)
            if taken.refusal:
                raise Findings(taken.refusal)
            write_rejected(taken, self.root / "layers" / "rejected")
            self._entities[id] = taken.entities, assign(taken.entities, self.region_table)
        return self._entities[id]

    # Layers

    def hub_sources(self, id: str) -> dict[str, EntitySource]:
        """The sources that go into a hub, by id."""
        chosen = self.hubs[id].sources or tuple(self.sources)
        return {name: self.sources[name] for name in chosen}

    def members(self, id: str) -> tuple[str, ...]:
        """The hubs that a comparison is made of; empty for a hub of regions."""
        delineation = self.hubs[id].delineation
        return delineation.hubs if isinstance(delineation, OtherHubs) else ()

    @cached_property
    def _digests(self) -> dict[Path, str]:
        return {}

    def _input(self, id: str, recipe: Any) -> list[Any]:
        """A source as an ingredient of a key: its recipe and its files' bytes."""
        digests = []
        for path in recipe.paths(self.root / "geodata"):
            if path not in self._digests:
                try:
                    self._digests[path] = file_digest(path)
                except OSError:
                    self._digests[path] = "missing"
            digests.append(self._digests[path])
        return [id, recipe.computed(), digests]

    def layer_key(self, id: str) -> str:
        """The key of a hub layer."""
        return key_of(
            id,
            self.hubs[id].computed(),
            self._input(*self.regions),
            [self._input(*item) for item in self.hub_sources(id).items()],
            [self.layer_key(member) for member in self.members(id)],
        )

    def layer_paths(self, id: str) -> list[Path]:
        """Where a hub layer's products lie."""
        return [self.root / "layers" / id / name for name in _LAYER_FILES]

    @cached_property
    def _layers(self) -> dict[str, HubLayer]:
        return {}

    def layer(self, id: str) -> HubLayer:
        """A hub layer, from disk when it is fresh, else computed and written."""
        self.build_layer(id)
        return self._layers[id] if id in self._layers else self._read_layer(id)

    def _read_layer(self, id: str) -> HubLayer:
        from hubmap.layers.store import read_layer, titled

        sources = self.hub_sources(id).values()
        layer = read_layer(id, self.hubs[id], sources, self.root / "layers" / id)
        self._layers[id] = titled(layer, self.hubs)
        return self._layers[id]

    @cached_property
    def _layer_ledger(self) -> Ledger:
        return Ledger(self.root / "layers" / "ledger.json")

    def build_layer(self, id: str, *, force: bool = False) -> Product:
        """Write a hub's products, unless they are fresh."""
        key, paths = self.layer_key(id), self.layer_paths(id)
        if id in self._layers or (not force and self._layer_ledger.fresh(id, key, paths)):
            return Product("fresh", paths[0].parent)
        from hubmap.layers.build import build_layer, compare_layers
        from hubmap.layers.store import titled, write_layer

        members = [self.layer(member) for member in self.members(id)]
        where = str(self.root / "layers" / f"{id}.toml")
        sources = self.hub_sources(id)
        assigned = {name: (source, self.entities(name)[1]) for name, source in sources.items()}
        self.progress(f"computing {id}")
        hub = self.hubs[id]
        if members:
            layer = compare_layers(id, hub, members, self.region_table, assigned, where=where)
        else:
            layer = build_layer(id, hub, self.region_table, assigned, where=where)
        write_layer(layer, paths[0].parent)
        self._layer_ledger.note(id, key, paths)
        self._layers[id] = titled(layer, self.hubs)
        return Product("built", paths[0].parent)

    def build_layers(self, ids: Sequence[str] = (), *, force: bool = False) -> Iterator[Product]:
        """Write hub layers and, when all are asked for, the combined table of profiles."""
        chosen = self.chosen(ids, self.hubs, "hub")
        # A comparison is made from its members, so they come first.
        for id in sorted(chosen, key=lambda name: bool(self.members(name))):
            yield self.build_layer(id, force=force)
        if not ids:
            yield self.build_profiles(force=force)

    def build_profiles(self, *, force: bool = False) -> Product:
        """Write ``layers/profiles.csv``, all hubs' profiles in one table."""
        from hubmap.layers.store import write_profiles

        path = self.root / "layers" / "profiles.csv"
        key = key_of([self.layer_key(id) for id in self.hubs])
        if not force and self._layer_ledger.fresh("profiles.csv", key, [path]):
            return Product("fresh", path)
        write_profiles([self.layer(id) for id in self.hubs], path)
        self._layer_ledger.note("profiles.csv", key, [path])
        return Product("built", path)

    def export_layers(self, ids: Sequence[str], formats: Sequence[str]) -> Iterator[Path]:
        """Write hub layers in further formats, beside their GeoParquet."""
        from hubmap.layers.store import export_layer

        for id in self.chosen(ids, self.hubs, "hub"):
            yield from export_layer(self.layer(id), self.root / "layers" / id, formats)

    def profiles(self, ids: Sequence[str], level: str) -> pd.DataFrame:
        """The rows of one level of the hubs' profiles, each hub's own."""
        import pandas as pd

        rows = [
            layer.profile[(layer.profile["hub"] == id) & (layer.profile["level"] == level)]
            for id in self.chosen(ids, self.hubs, "hub")
            for layer in [self.layer(id)]
        ]
        return pd.concat(rows, ignore_index=True)

    def chosen(self, ids: Sequence[str], known: Iterable[str], what: str) -> list[str]:
        """The ids asked for, or all; an unknown one is an error with the nearest there is."""
        import difflib

        for id in ids:
            if id not in known:
                close = difflib.get_close_matches(id, known, n=1)
                hint = f"Did you mean `{close[0]}`?" if close else f"There are: {', '.join(known)}."
                raise RecipeError(f"{self.root}: there is no {what} {id!r}.", hint)
        return list(dict.fromkeys(ids)) or list(known)

    # Maps

    @cached_property
    def _map_ledger(self) -> Ledger:
        return Ledger(self.root / "maps" / "ledger.json")

    def map_key(self, id: str) -> str:
        """The key of a map: all that shows on it."""
        recipe = self.maps[id]
        hubs = sorted({*recipe.layers, *(m for hub in recipe.layers for m in self.members(hub))})
        sources = sorted({name for hub in recipe.layers for name in self.hub_sources(hub)})
        return key_of(
            id,
            recipe.model_dump(mode="json"),
            [[self.layer_key(hub), self.hubs[hub].model_dump(mode="json")] for hub in hubs],
            [self.sources[name].model_dump(mode="json") for name in sources],
            self._input(*self.basemap) if self.basemap else None,
        )

    def build_map(self, id: str, *, force: bool = False) -> Product:
        """Write one map, unless it is fresh."""
        path = self.root / "maps" / f"{id}.html"
        key = self.map_key(id)
        if not force and self._map_ledger.fresh(id, key, [path]):
            return Product("fresh", path)
        from hubmap.maps.draw import draw
        from hubmap.maps.page import page

        recipe = self.maps[id]
        layers = [self.layer(hub) for hub in recipe.layers]
        self.progress(f"drawing {id}")
        write_text(path, page(draw(layers, recipe=recipe, basemap=self.basemap_table)))
        self._map_ledger.note(id, key, [path])
        return Product("built", path)

    def build_index(self, *, force: bool = False) -> Product:
        """Write ``maps/index.html``, which links the maps."""
        path = self.root / "maps" / "index.html"
        key = key_of("index", [self.map_key(id) for id in self.maps])
        if not force and self._map_ledger.fresh("index.html", key, [path]):
            return Product("fresh", path)
        from hubmap.maps.index import IndexEntry, index_page

        entries = [
            IndexEntry(id=id, recipe=recipe, layers=[self.layer(hub) for hub in recipe.layers])
            for id, recipe in self.maps.items()
        ]
        write_text(path, index_page(entries))
        self._map_ledger.note("index.html", key, [path])
        return Product("built", path)

    def build(self, ids: Sequence[str] = (), *, force: bool = False) -> Iterator[Product]:
        """Build maps and what they need; without ids the whole workspace.

        Parameters
        ----------
        ids
            Maps.
        force
            Build also what is fresh.

        Yields
        ------
        Product
            A product a time, in the order of the pipeline.

        Raises
        ------
        HubmapError
            Anything that is wrong with recipes or tables; finished products stay whole.
        """
        chosen = self.chosen(ids, self.maps, "map")
        hubs = self.hubs if not ids else {h for id in chosen for h in self.maps[id].layers}
        needed = {*hubs, *(member for hub in hubs for member in self.members(hub))}
        if ids:
            for hub in sorted(needed, key=lambda name: (bool(self.members(name)), name)):
                yield self.build_layer(hub, force=force)
        else:
            yield from self.build_layers(force=force)
        for id in chosen:
            yield self.build_map(id, force=force)
        if not ids:
            yield self.build_index(force=force)


class _collecting:
    """Keep the findings of a block instead of stopping at the first."""

    def __init__(self, found: list[HubmapError]) -> None:
        self._found = found

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Findings):
            self._found.extend(error.findings)
        elif isinstance(error, HubmapError):
            self._found.append(error)
        else:
            return False
        return True


def _read_source(path: Path) -> EntitySource | RegionSource | BasemapSource:
    data = read_toml(path)
    table = data.get("table", "entities")
    model = SOURCES.get(table) if isinstance(table, str) else None
    if model is None:
        raise RecipeError(
            f"{path}: key `table` = {table!r}: is not one of {', '.join(SOURCES)}.",
            "Write what the file holds.",
        )
    return parse_recipe(data, model, str(path))


def _read_all(folder: Path, model: type[R], found: list[HubmapError]) -> dict[str, R]:
    recipes = {}
    for path in sorted(folder.glob("*.toml")):
        with _collecting(found):
            recipes[path.stem] = parse_recipe(read_toml(path), model, str(path))
    return recipes
