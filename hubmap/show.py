"""What there is, told from the recipes' own classes, and their JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, TypeAdapter

from hubmap.geodata.recipe import SOURCES
from hubmap.layers.recipe import HubRecipe
from hubmap.maps.recipe import MapRecipe, View
from hubmap.statistics.basic import AnyStatistic
from hubmap.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def _options(model: type[BaseModel], indent: str) -> Iterator[str]:
    for name, option in model.model_fields.items():
        if name in {"name", "view", "method", "table"}:
            continue
        kind = str(getattr(option.annotation, "__name__", option.annotation))
        default = "needed" if option.is_required() else f"default {option.default!r}"
        bounds = "".join(f", {bound}" for bound in option.metadata)
        yield f"{indent}{name} ({kind}, {default}{bounds}): {option.description or ''}"


def _tagged(union: Any, tag: str) -> Iterator[str]:
    for model in get_args(get_args(union)[0]):
        name = get_args(model.model_fields[tag].annotation)[0]
        summary = getattr(model, "help", "") or (model.__doc__ or "").splitlines()[0]
        yield f"{name}: {summary}"
        for label in ("unit", "formula", "reference"):
            if text := getattr(model, label, ""):
                yield f"    {label}: {text}"
        yield from _options(model, "    ")


def show(root: Path, wanted: Sequence[str]) -> Iterator[str]:
    """Lines that tell what a workspace holds and what recipes can say.

    Parameters
    ----------
    root
        The workspace.
    wanted
        Of ``sources``, ``hubs``, ``maps``, ``statistics``, ``views``.
    """
    needs_workspace = {"sources", "hubs", "maps"} & set(wanted)
    workspace = Workspace.open(root) if needs_workspace else None
    for what in wanted:
        if len(wanted) > 1:
            yield f"# {what}"
        if what == "statistics":
            yield from _tagged(AnyStatistic, "name")
        elif what == "views":
            yield from _tagged(View, "view")
        elif workspace is not None:
            recipes: dict[str, Any] = getattr(workspace, what)
            for id, recipe in recipes.items():
                yield f"{id}: {recipe.title}"
            model = {"sources": SOURCES["entities"], "hubs": HubRecipe, "maps": MapRecipe}[what]
            yield "  a recipe can say:"
            yield from _options(model, "    ")


def schema() -> dict[str, Any]:
    """The JSON Schema of the three kinds of recipe, by folder."""
    return {
        "geodata": TypeAdapter(_union(SOURCES)).json_schema(),
        "layers": HubRecipe.model_json_schema(),
        "maps": MapRecipe.model_json_schema(),
    }


def _union(models: dict[str, Any]) -> Any:
    first, *rest = models.values()
    for model in rest:
        first = first | model
    return first
