"""The three folders: build what changed, from the recipes to the pages."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hubmap.errors import RecipeError
from hubmap.files import file_digest, write_text
from hubmap.geodata.recipe import Provenance
from hubmap.inputs import Inputs
from hubmap.layers.recipe import Clusters, NamedRegions
from hubmap.ledger import Ledger, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from hubmap.layers.model import HubLayer

_LAYER_FILES = (
    "entities.parquet", "districts.parquet", "cells.parquet", "outline.parquet", "profile.json",
)  # fmt: skip


class Product(NamedTuple):
    """What a build says of one product."""

    state: Literal["built", "fresh"]
    path: Path


class Workspace(Inputs):
    """A folder with ``geodata/``, ``layers/`` and ``maps/``, and what is built from it.

    Its recipes and tables are described at :class:`hubmap.inputs.Inputs`; open one with
    ``Workspace.open(folder)``.
    """

    # Layers

    @cached_property
    def _digests(self) -> dict[Path, str]:
        return {}

    def _input(self, recipe: Provenance) -> list[Any]:
        """A source as an ingredient of a key: its recipe and its files' bytes."""
        if getattr(recipe, "stream", None) is not None:
            from hubmap.stream.parts import parts_of

            parts = parts_of(recipe.file, self.root / "geodata")
            return [recipe.computed(), [self.fingerprint(part) for part in parts]]
        digests = []
        for path in recipe.paths(self.root / "geodata"):
            if path not in self._digests:
                try:
                    self._digests[path] = file_digest(path)
                except OSError:
                    self._digests[path] = "missing"
            digests.append(self._digests[path])
        return [recipe.computed(), digests]

    def named(self, id: str) -> dict[str, NamedRegions]:
        """The named hubs that found hubs are compared with; none for any other hub."""
        if not isinstance(self.hubs[id].delineation, Clusters):
            return {}
        every = {hub: recipe.delineation for hub, recipe in self.hubs.items()}
        return {hub: made for hub, made in every.items() if isinstance(made, NamedRegions)}

    def layer_key(self, id: str) -> str:
        """The key of a hub layer."""
        named = {hub: made.computed() for hub, made in self.named(id).items()}
        return key_of(
            id,
            self.hubs[id].computed(),
            self._input(self.regions),
            [self._input(source) for source in self.hub_sources(id)],
            [self.layer_key(member) for member in self.members(id)],
            *([named] if named else []),
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

        sources = (*self.hub_sources(id), self.regions)
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
        with self._lock.held():
            self._write_layer(id)
            self._layer_ledger.note(id, key, paths)
        return Product("built", paths[0].parent)

    def _write_layer(self, id: str) -> None:
        from hubmap.layers.build import build_layer, compare_layers
        from hubmap.layers.store import titled, write_layer

        members = [self.layer(member) for member in self.members(id)]
        where = str(self.root / "layers" / f"{id}.toml")
        assigned = [(source, self.entities(source.id)[1]) for source in self.hub_sources(id)]
        self.progress(f"computing {id}")
        hub = self.hubs[id]
        if members:
            layer = compare_layers(id, hub, members, self.region_table, assigned, where=where)
        elif isinstance(hub.delineation, Clusters):
            from hubmap.layers.detect import detect_layer

            named = self.named(id)
            layer = detect_layer(id, hub, self.region_table, assigned, named=named, where=where)
        else:
            counted = {
                source.id: self.streamed(source.id).cells[id]
                for source, _ in assigned
                if source.stream is not None
            }
            layer = build_layer(id, hub, self.region_table, assigned, where=where, counted=counted)
            if counted:
                from hubmap.stream.profile import with_streams

                streams = {self.sources[name].kind: self.streamed(name) for name in counted}
                layer = with_streams(layer, streams, self.region_table)
        layer = replace(layer, sources=(*layer.sources, self.regions))
        write_layer(layer, self.root / "layers" / id)
        self._layers[id] = titled(layer, self.hubs)

    def build_layers(self, ids: Sequence[str] = (), *, force: bool = False) -> Iterator[Product]:
        """Write hub layers and, when all are asked for, the combined table of profiles."""
        with self._lock:
            chosen = self.chosen(ids, self.hubs, "hub")
            # A comparison is made from its members, so they come first.
            for id in sorted(chosen, key=lambda name: bool(self.members(name))):
                yield self.build_layer(id, force=force)
            if not ids:
                yield self.build_profiles(force=force)

    def build_profiles(self, *, force: bool = False) -> Product:
        """Write ``layers/profiles.csv``, all hubs' profiles in one table."""
        path = self.root / "layers" / "profiles.csv"
        key = key_of([self.layer_key(id) for id in self.hubs])
        if not force and self._layer_ledger.fresh("profiles.csv", key, [path]):
            return Product("fresh", path)
        from hubmap.layers.store import write_profiles

        with self._lock.held():
            write_profiles([self.layer(id) for id in self.hubs], path)
            self._layer_ledger.note("profiles.csv", key, [path])
        return Product("built", path)

    def export_layers(self, ids: Sequence[str], formats: Sequence[str]) -> Iterator[Path]:
        """Write hub layers in further formats, beside their GeoParquet."""
        from hubmap.layers.store import export_layer

        with self._lock.held():
            for id in self.chosen(ids, self.hubs, "hub"):
                yield from export_layer(self.layer(id), self.root / "layers" / id, formats)

    def profiles(self, ids: Sequence[str], level: str) -> pd.DataFrame:
        """The rows of one level of the hubs' profiles, each hub's own."""
        import pandas as pd

        own = [self.layer(id).own_profile for id in self.chosen(ids, self.hubs, "hub")]
        rows = [profile[profile["level"] == level] for profile in own]
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
        sources = sorted({s.id for hub in recipe.layers for s in self.hub_sources(hub)})
        return key_of(
            id,
            recipe.model_dump(mode="json"),
            [[self.layer_key(hub), self.hubs[hub].model_dump(mode="json")] for hub in hubs],
            [self.sources[name].model_dump(mode="json") for name in sources],
            self.regions.model_dump(mode="json"),
            self._input(self.basemap) if self.basemap else None,
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
        context = (self.basemap,) if self.basemap else ()
        layers = [
            replace(layer, sources=(*layer.sources, *context))
            for layer in map(self.layer, recipe.layers)
        ]
        self.progress(f"drawing {id}")
        with self._lock.held():
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
        with self._lock.held():
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
        with self._lock:
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
