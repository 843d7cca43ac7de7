"""What there is, told from the recipes' own classes, and their JSON Schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, TypeAdapter

from hubmap.geodata.recipe import SOURCES
from hubmap.layers.recipe import HubRecipe
from hubmap.maps.recipe import MapRecipe, View
from hubmap.statistics.declared.catalogue import AnyStatistic
from hubmap.statistics.minimum import MINIMUM
from hubmap.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "minItems": "at least {} of them",
}


def _options(model: type[BaseModel]) -> Iterator[str]:
    """A line for each option of a model, nested ones indented."""
    whole = model.model_json_schema()
    yield from _properties(whole, whole.get("$defs", {}), "    ")


def _properties(schema: dict[str, Any], defs: dict[str, Any], indent: str) -> Iterator[str]:
    needed = schema.get("required", [])
    for name, option in schema.get("properties", {}).items():
        if "const" in option:
            continue
        if name in needed:
            default = "needed"
        else:
            default = "default " + json.dumps(option.get("default"), ensure_ascii=False)
            default = default if len(default) < 40 else "has a default"
        bounds = [text.format(option[key]) for key, text in _BOUNDS.items() if key in option]
        what = "; ".join([_kind(option, defs), default, *bounds])
        yield f"{indent}{name} ({what}): {option.get('description', '')}"
        target = option.get("$ref", "").rpartition("/")[2]
        if target:
            yield from _properties(defs[target], defs, indent + "    ")


def _kind(option: dict[str, Any], defs: dict[str, Any]) -> str:
    """The type of an option, in a word or two."""
    if "enum" in option:
        return " | ".join(map(str, option["enum"]))
    if "$ref" in option:
        return "a table"
    if "anyOf" in option:
        return " or ".join(
            _kind(part, defs) for part in option["anyOf"] if part != {"type": "null"}
        )
    if "oneOf" in option:
        tagged = option["discriminator"]
        return f"a table with `{tagged['propertyName']}` = {' | '.join(tagged['mapping'])}"
    if option.get("type") == "array":
        return "list of " + _kind(option["items"], defs)
    return {"string": "text", "object": "a table"}.get(str(option.get("type")), str(option["type"]))


def _tagged(union: Any, tag: str) -> Iterator[str]:
    for model in get_args(get_args(union)[0]):
        name = get_args(model.model_fields[tag].annotation)[0]
        summary = getattr(model, "help", "") or (model.__doc__ or "").splitlines()[0]
        yield f"{name}: {summary}"
        for label in ("unit", "formula", "reference", "interval", "guard", "scale"):
            if text := getattr(model, label, ""):
                yield f"    {'scale r' if label == 'scale' else label}: {text}"
        if name in MINIMUM:
            yield f"    minimum data: {MINIMUM[name]}"
        yield from _options(model)


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
            yield from _options(model)


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
