"""The three folders: build what changed, from the recipes to the pages."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hubmap import manifest
from hubmap.errors import RecipeError
from hubmap.files import file_digest, write_bytes, write_text
from hubmap.geodata.recipe import EntitySource, Provenance
from hubmap.inputs import Inputs
from hubmap.layers.recipe import Clusters, NamedRegions
from hubmap.ledger import Ledger, key_of
from hubmap.maps.still.outputs import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pandas as pd

    from hubmap.layers.model import HubLayer

_LAYER_FILES = (
    "entities.parquet", "districts.parquet", "cells.parquet", "outline.parquet", "marks.parquet",
    "profile.json", "curves.json",
)  # fmt: skip


ASIS = Wanted()
"""As the recipes say."""


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
        return [recipe.computed(), self._files(recipe)[1]]

    def _files(self, recipe: Provenance) -> tuple[list[Path], list[str]]:
        """A source's files, and the sha256 of each."""
        digests = []
        paths = list(recipe.paths(self.root / "geodata"))
        if getattr(recipe, "stream", None) is not None:
            from hubmap.stream.run import parts_of

            paths = parts_of(recipe.file, self.root / "geodata")
        for path in paths:
            if path not in self._digests:
                try:
                    self._digests[path] = file_digest(path)
                except OSError:
                    self._digests[path] = "missing"
            digests.append(self._digests[path])
        return paths, digests

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
        layer = replace(layer, sources=(*layer.sources, self.regions))
        write_layer(layer, self.root / "layers" / id, self._making(id, self.hub_sources(id)))
        self._layers[id] = titled(layer, self.hubs)

    def _making(self, id: str, sources: Iterable[EntitySource]) -> dict[str, Any]:
        """What a layer's products say of their making."""
        hubs = [id, *self.members(id)]
        given = [*sources, self.regions]
        rows = {
            one.id: self.streamed(one.id).rows
            if one.stream is not None
            else manifest.account_rows(self.taken(one.id).account)
            for one in sources
        }
        return manifest.made(
            self.layer_key(id),
            inputs=self._input_digests(given),
            recipes={
                **{f"layers/{hub}.toml": self.hubs[hub].computed() for hub in hubs},
                **{f"geodata/{one.id}.toml": one.computed() for one in given},
            },
            rows=rows,
            licences={one.id: one.licence for one in given},
        )

    def _input_digests(self, sources: Iterable[Provenance]) -> dict[str, str]:
        """The sha256 of every file of some sources, by path below the workspace."""
        found: dict[str, str] = {}
        for one in sources:
            paths, digests = self._files(one)
            names = [path.relative_to(self.root).as_posix() for path in paths]
            found |= dict(zip(names, digests, strict=True))
        return found

    def _map_making(self, id: str) -> dict[str, Any]:
        """What a page says of its making: the map's own, and that of its layers."""
        recipe = self.maps[id]
        folders = [self.root / "layers" / hub for hub in recipe.layers]
        parts = manifest.layer_making(folders)
        own = manifest.made(
            self.map_key(id),
            inputs=self._input_digests([self.basemap] if self.basemap else []),
            recipes={f"maps/{id}.toml": recipe.model_dump(mode="json")},
            rows={},
            licences={self.basemap.id: self.basemap.licence} if self.basemap else {},
        )
        for part in parts.values():
            for what in ("inputs", "recipes", "rows", "licences"):
                own[what] |= part[what]
        own["layers"] = {hub: part["build"] for hub, part in parts.items()}
        return own

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
        """Write what speaks of all layers: the profiles in one table, and the two manifests."""
        folder = self.root / "layers"
        paths = [folder / n for n in ("profiles.csv", "manifest.json", "datapackage.json")]
        paths.append(folder / "profiles.dictionary.csv")
        layers = {id: self.layer_paths(id) for id in self.hubs}
        # The layers' own bytes: with other libraries they may differ under the same key.
        key = key_of(
            [self.layer_key(id) for id in self.hubs],
            [file_digest(path) for files in layers.values() for path in files],
        )
        if not force and self._layer_ledger.fresh("profiles.csv", key, paths):
            return Product("fresh", paths[0])
        from hubmap.layers.store import provenance, write_profiles

        with self._lock.held():
            table = write_profiles([self.layer(id) for id in self.hubs], paths[0])
            write_text(paths[1], manifest.manifest_text(folder, layers))
            files = [paths[0], *(path for each in layers.values() for path in each)]
            sources = provenance([*self.sources.values(), self.regions])
            write_text(paths[2], manifest.package_text(folder, files, table, sources))
            self._layer_ledger.note("profiles.csv", key, paths)
        return Product("built", paths[0])

    def export_layers(self, ids: Sequence[str], formats: Sequence[str]) -> Iterator[Path]:
        """Write hub layers in further formats, beside their GeoParquet."""
        from hubmap.layers.store import export_layer

        with self._lock.held():
            for id in self.chosen(ids, self.hubs, "hub"):
                yield from export_layer(self.layer(id), self.root / "layers" / id, formats)

    def profiles(self, ids: Sequence[str], level: str) -> pd.DataFrame:
        """The rows of one level of the hubs' profiles, each hub's own; variants beside hubs."""
        from hubmap.layers.store import joined_profiles

        chosen = self.chosen(ids, self.hubs, "hub")
        profile = joined_profiles([self.layer(id) for id in chosen])
        variant = profile["level"] == "variant"
        profile["hub"] = profile["hub"].mask(variant, profile["zone"])
        wanted = (profile["level"] == level) | (variant & (level == "hub"))
        return profile[wanted].reset_index(drop=True)

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
        return key_of(id, recipe.model_dump(mode="json"), self.hub_key(*recipe.layers))

    def hub_key(self, *ids: str) -> str:
        """The key of all that hubs show: their tables, words, sources and context."""
        hubs = sorted({*ids, *(member for hub in ids for member in self.members(hub))})
        sources = sorted({s.id for hub in ids for s in self.hub_sources(hub)})
        return key_of(
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

        recipe, layers = self.maps[id], self.map_layers(id)
        self.progress(f"drawing {id}")
        with self._lock.held():
            drawn = draw(layers, recipe=recipe, basemap=self.basemap_table)
            write_text(path, page(drawn, made=self._map_making(id)))
            self._map_ledger.note(id, key, [path])
        return Product("built", path)

    def embed(self, id: str, mode: str, *, height: int, url: str = "") -> str:
        """The snippet that puts a map into another page; builds the map when it is not fresh."""
        from hubmap.maps.embed import beside, embedded, snippet
        from hubmap.maps.picture import picture

        (id,) = self.chosen([id], self.maps, "map")
        path = self.build_map(id).path
        layers = [self.layer(hub) for hub in self.maps[id].layers]
        found = beside(path.parent, id, ".png", ".svg")
        made = embedded(
            self.maps[id],
            id,
            layers,
            picture=found,
            vector=beside(path.parent, id, ".pdf", ".png"),
            drawing="" if found else picture(layers),
            page=path.read_text(encoding="utf-8") if mode == "srcdoc" else "",
            url=url,
            height=height,
        )
        return snippet(made, mode)

    def map_layers(self, id: str) -> list[HubLayer]:
        """A map's hub layers, with the basemap among their sources."""
        return [self.shown_layer(hub) for hub in self.maps[id].layers]

    def shown_layer(self, id: str) -> HubLayer:
        """A hub layer, with the basemap among its sources."""
        layer = self.layer(id)
        return replace(layer, sources=(*layer.sources, *((self.basemap,) if self.basemap else ())))

    def writing(self) -> AbstractContextManager[None]:
        """Keep other builds of this workspace away while something is written."""
        return self._lock.held()

    def print_map(
        self, id: str, format: str, wanted: Wanted = ASIS, *, force: bool = False
    ) -> Product:
        """Write one map as ``svg``, ``pdf`` or ``png``, unless it is fresh."""
        from hubmap.maps.still.fonts import fonts_key
        from hubmap.maps.still.outputs import print_map

        recipe = self.maps[id]
        path = self.root / "maps" / wanted.name(id, recipe, format)
        style = wanted.style(recipe)
        key = key_of(self.map_key(id), format, vars(style), fonts_key())
        if not force and self._map_ledger.fresh(path.name, key, [path]):
            return Product("fresh", path)
        layers = self.map_layers(id)
        self.progress(f"printing {path.name}")
        with self._lock.held():
            content = print_map(
                layers, style, format, recipe=recipe, basemap=self.basemap_table, where=str(path)
            )
            write_bytes(path, content)
            self._map_ledger.note(path.name, key, [path])
        return Product("built", path)

    def build_index(self, *, force: bool = False) -> Product:
        """Write ``maps/index.html``, which links the maps."""
        path = self.root / "maps" / "index.html"
        key = key_of("index", [self.map_key(id) for id in self.maps])
        if not force and self._map_ledger.fresh("index.html", key, [path]):
            return Product("fresh", path)
        from hubmap.maps.index import IndexEntry, index_page

        entries = [
            IndexEntry(id, recipe, [self.layer(hub) for hub in recipe.layers], self.basemap_table)
            for id, recipe in self.maps.items()
        ]
        with self._lock.held():
            write_text(path, index_page(entries))
            self._map_ledger.note("index.html", key, [path])
        return Product("built", path)

    def build(
        self, ids: Sequence[str] = (), *, force: bool = False, wanted: Wanted = ASIS
    ) -> Iterator[Product]:
        """Build maps and what they need; without ids the whole workspace.

        Parameters
        ----------
        ids
            Maps.
        force
            Build also what is fresh.
        wanted
            Which files of each map, and how they are printed.

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
                for format in wanted.outputs(self.maps[id]):
                    if format == "html":
                        yield self.build_map(id, force=force)
                    else:
                        yield self.print_map(id, format, wanted, force=force)
            if not ids and "html" in (wanted.formats or ("html",)):
                yield self.build_index(force=force)
