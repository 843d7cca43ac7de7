"""The hub layers of a workspace: their keys, products and profiles."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hubmap import manifest
from hubmap.errors import RecipeError
from hubmap.files import file_digest, write_text
from hubmap.inputs import Inputs
from hubmap.layers.recipe import Clusters, NamedRegions
from hubmap.ledger import Ledger, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from hubmap.geodata.recipe import EntitySource, Provenance
    from hubmap.layers.model import HubLayer

_LAYER_FILES = (
    "entities.parquet", "districts.parquet", "cells.parquet", "outline.parquet", "marks.parquet",
    "profile.json", "curves.json",
)  # fmt: skip


class Product(NamedTuple):
    """What a build says of one product."""

    state: Literal["built", "fresh"]
    path: Path


class Hubs(Inputs):
    """The half of a workspace that ends at its hub layers."""

    @cached_property
    def _digests(self) -> dict[Path, str]:
        return {}

    def _input(self, recipe: Provenance) -> list[Any]:
        """A source as an ingredient of a key: its recipe and its files' bytes."""
        return [recipe.computed(), list(self._files(recipe).values())]

    def _files(self, recipe: Provenance) -> dict[str, str]:
        """The fingerprints of a source's files, by path below the workspace or URL."""
        if getattr(recipe, "stream", None) is not None:
            from hubmap.stream.parts import parts_of

            parts = parts_of(recipe.file, self.root / "geodata")
            return {manifest.below(part.where, self.root): self.fingerprint(part) for part in parts}
        found = {}
        for path in recipe.paths(self.root / "geodata"):
            if path not in self._digests:
                try:
                    self._digests[path] = file_digest(path)
                except OSError:
                    self._digests[path] = "missing"
            found[manifest.below(str(path), self.root)] = self._digests[path]
        return found

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
        """The fingerprints of every file of some sources, by path below the workspace."""
        return {name: made for one in sources for name, made in self._files(one).items()}

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
        exports = {id: manifest.exported(folder / id) for id in layers}
        # The layers' own bytes: with other libraries they may differ under the same key.
        key = key_of(
            [self.layer_key(id) for id in self.hubs],
            [file_digest(path) for files in layers.values() for path in files],
            exports,
        )
        if not force and self._layer_ledger.fresh("profiles.csv", key, paths):
            return Product("fresh", paths[0])
        from hubmap.layers.store import provenance, write_profiles

        with self._lock.held():
            table = write_profiles([self.layer(id) for id in self.hubs], paths[0])
            tables = (paths[0], paths[3])
            write_text(paths[1], manifest.manifest_text(folder, layers, exports, tables))
            files = [paths[0], *(path for each in layers.values() for path in each)]
            sources = provenance([*self.sources.values(), self.regions])
            write_text(paths[2], manifest.package_text(folder, files, table, sources))
            self._layer_ledger.note("profiles.csv", key, paths)
        return Product("built", paths[0])

    def export_layers(self, ids: Sequence[str], formats: Sequence[str]) -> Iterator[Path]:
        """Write hub layers in further formats, beside their GeoParquet."""
        from hubmap.layers.exports import export_layer

        with self._lock.held():
            for id in self.chosen(ids, self.hubs, "hub"):
                layer, folder = self.layer(id), self.root / "layers" / id
                yield from export_layer(layer, folder, formats, manifest.exported(folder))

    def profiles(self, ids: Sequence[str], level: str) -> pd.DataFrame:
        """The rows of one level of the hubs' profiles, each hub's own; variants beside hubs."""
        from hubmap.layers.store import joined_profiles

        chosen = self.chosen(ids, self.hubs, "hub")
        # A hub's ranks are its comparison's, asked for or not.
        beside = [id for id in self.hubs if set(self.members(id)) & set(chosen)]
        profile = joined_profiles(
            [self.layer(id) for id in chosen], compared=[self.layer(id) for id in beside]
        )
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
