"""Recipes: frozen pydantic models read from TOML, with errors told by file and key path."""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubmap.errors import Findings, HubmapError, RecipeError
from hubmap.files import leads_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

_PRESENTATION = "presentation"
_TAKEN = {"layers": ("rejected", "merged"), "maps": ("index", "reports")}
"""Names of products of ours."""


class Recipe(BaseModel):
    """A frozen declaration that refuses unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False
    )

    def computed(self) -> dict[str, Any]:
        """The recipe without the keys that change only how a product looks or is described."""
        return self.model_dump(mode="json", exclude=_presentation_keys(type(self)))


def presentation(default: Any = ..., **rest: Any) -> Any:
    """A field that changes how a product looks, and nothing that is computed."""
    return Field(default, json_schema_extra={_PRESENTATION: True}, **rest)


def _presentation_keys(model: type[BaseModel]) -> set[str]:
    return {
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get(_PRESENTATION)
    }


R = TypeVar("R", bound=Recipe)


def load_recipe(path: Path, model: type[R]) -> R:
    """Read one recipe.

    Parameters
    ----------
    path
        A TOML file.
    model
        The recipe's class.

    Returns
    -------
    Recipe
        The validated recipe.

    Raises
    ------
    Findings
        With a :class:`RecipeError` for each thing that is wrong.
    """
    return parse_recipe(read_toml(path), model, str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file (UTF-8), with the line of a mistake in the message."""
    if leads_out(path, path.parent.parent):
        raise RecipeError(f"{path}: is a link that leads out of the workspace.", "Copy the file.")
    try:
        if path.exists() and not path.is_file():
            raise RecipeError(f"{path}: is no file.", "Move it elsewhere.")
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path}: byte {error.start} is not UTF-8.", "Save the file as UTF-8."
        ) from None
    except (
        ValueError,
        RecursionError,
    ) as error:  # numbers of thousands of digits are the first too
        raise RecipeError(f"{path}: not valid TOML: {error}.", "Mend that line.") from None


def recipes_in(folder: Path) -> Iterator[Path]:
    """A folder's recipes, by name; each name is an id, of which folders and files are made."""
    for path in sorted(folder.glob("*.toml")):
        if path.name.startswith("."):
            continue  # editors and archivers leave such files behind
        if not path.stem.isprintable() or path.stem in _TAKEN.get(folder.name, ()):
            raise RecipeError(f"{path}: its name cannot be used.", "Rename the file.")
        yield path


def parse_recipe(data: dict[str, Any], model: type[R], where: str) -> R:
    """Validate a recipe's content; ``where`` names it in messages."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found: list[HubmapError] = [_told(where, model, detail) for detail in error.errors()]
        raise Findings(found) from None


def _told(where: str, model: type[BaseModel], detail: ErrorDetails) -> RecipeError:
    """One pydantic error as one sentence with a mend."""
    path, _ = _walk(model, detail["loc"])
    key = ".".join(str(part) for part in path) or "(the whole file)"
    kind, value = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        models = _walk(model, detail["loc"][:-1])[1]
        known = sorted({name for m in models for name in m.model_fields})
        close = difflib.get_close_matches(str(path[-1]), known, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Known keys: {', '.join(known)}."
        return RecipeError(f"{where}: key `{key}` is unknown.", hint)
    if kind == "missing":
        return RecipeError(f"{where}: key `{key}` is missing.", "Add it.")
    message = detail["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    hint = ""
    if kind in {"literal_error", "union_tag_invalid"}:
        context = detail.get("ctx", {})
        wanted = str(context.get("expected") or context.get("expected_tags", ""))
        given = str(context.get("tag", value))
        choices = [part.strip(" '") for part in wanted.replace(" or ", ",").split(",")]
        close = difflib.get_close_matches(given, choices, n=1)
        message, value = f"is not one of {', '.join(choices)}", given
        hint = f"Did you mean `{close[0]}`?" if close else ""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return RecipeError(f"{where}: key `{key}` = {shown}: {message}.", hint)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model class inside a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _models_in(part)


def _walk(
    model: type[BaseModel], loc: tuple[int | str, ...]
) -> tuple[list[int | str], list[type[BaseModel]]]:
    """The keys of a file along pydantic's path, which also holds unions' tags, and the models."""
    keys: list[int | str] = []
    models = [model]
    for part in loc:
        tagged = [m for m in models if part in _tags(m)] if len(models) > 1 else []
        if tagged:
            models = tagged
            continue
        keys.append(part)
        stepped = [m.model_fields[part] for m in models if part in m.model_fields]
        if stepped:
            models = [inner for field in stepped for inner in _models_in(field.annotation)]
    return keys, models


def _tags(model: type[BaseModel]) -> set[str]:
    """The values by which a tagged union tells this model from its siblings."""
    return {
        str(value)
        for key in ("table", "method", "name", "view")
        if key in model.model_fields
        for value in get_args(model.model_fields[key].annotation)
    }
