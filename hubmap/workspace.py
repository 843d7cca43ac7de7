"""The three folders: build what changed, from the recipes to the pages."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubmap import manifest
from hubmap.files import write_bytes, write_text
from hubmap.hubs import Hubs, Product
from hubmap.ledger import Ledger, key_of
from hubmap.maps.still.outputs import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import folium

    from hubmap.layers.model import HubLayer

ASIS = Wanted()
"""As the recipes say."""


class Workspace(Hubs):
    """A folder with ``geodata/``, ``layers/`` and ``maps/``, and what is built from it.

    Its recipes and tables are described at :class:`hubmap.inputs.Inputs`, its layers at
    :class:`hubmap.hubs.Hubs`; open one with ``Workspace.open(folder)``.
    """

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

    def making(self, build: str, hubs: Sequence[str], recipes: dict[str, Any]) -> dict[str, Any]:
        """What a product that shows hubs says of its making: its own, and that of their layers."""
        parts = manifest.layer_making(self.root / "layers" / hub for hub in hubs)
        own = manifest.made(
            build,
            inputs=self._input_digests([self.basemap] if self.basemap else []),
            recipes=recipes,
            rows={},
            licences={self.basemap.id: self.basemap.licence} if self.basemap else {},
        )
        for part in parts.values():
            for what in ("inputs", "recipes", "rows", "licences"):
                own[what] |= part[what]
        own["layers"] = {hub: part["build"] for hub, part in parts.items()}
        return own

    def _map_making(self, id: str, build: str) -> dict[str, Any]:
        recipe = self.maps[id]
        said = {f"maps/{id}.toml": recipe.model_dump(mode="json")}
        return self.making(build, recipe.layers, said)

    def build_map(self, id: str, *, force: bool = False) -> Product:
        """Write one map, unless it is fresh."""
        path = self.root / "maps" / f"{id}.html"
        key = self.map_key(id)
        if not force and self._map_ledger.fresh(id, key, [path]):
            return Product("fresh", path)
        from hubmap.maps.page import page

        self.progress(f"drawing {id}")
        drawn = self.draw(id)
        with self._lock.held():
            write_text(path, page(drawn, made=self._map_making(id, key)))
            self._map_ledger.note(id, key, [path])
        return Product("built", path)

    def draw(self, id: str) -> folium.Map:
        """A map as its recipe has it, for a notebook or for more folium layers."""
        from hubmap.maps.draw import draw

        (id,) = self.chosen([id], self.maps, "map")
        return draw(self.map_layers(id), recipe=self.maps[id], basemap=self.basemap_table)

    def embed(self, id: str, mode: str, *, height: int, url: str = "") -> str:
        """The snippet that puts a map into another page; builds the map when it is not fresh."""
        from hubmap.maps.embed import beside, embedded, snippet
        from hubmap.maps.picture import picture

        (id,) = self.chosen([id], self.maps, "map")
        path = self.build_map(id).path
        recipe, layers = self.maps[id], self.map_layers(id)
        found = beside(path.parent, id, ".png", ".svg")
        made = embedded(
            recipe,
            id,
            layers,
            picture=found,
            vector=beside(path.parent, id, ".pdf", ".png"),
            drawing="" if found else picture(layers, recipe=recipe, basemap=self.basemap_table),
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
                layers, style, format, recipe=recipe, basemap=self.basemap_table, where=str(path),
                made=wanted.making(self._map_making(id, key), recipe),
            )  # fmt: skip
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
