"""Reports on disk, made again only when something in them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubmap.files import write_text
from hubmap.hubs import Product
from hubmap.ledger import Ledger, key_of
from hubmap.reports.blocks import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubmap.workspace import Workspace


def build_reports(
    workspace: Workspace, ids: Sequence[str] = (), *, language: str = "en", force: bool = False
) -> Iterator[Product]:
    """Write ``maps/reports/HUB.md``, ``.html`` and their figures.

    Parameters
    ----------
    workspace
        Where the hubs are.
    ids
        Hubs; none: all.
    language
        ``en``, or ``zh``, whose files end in ``-zh``.
    force
        Write also what is fresh.

    Yields
    ------
    Product
        The layers as they are built, then a product a file.

    Raises
    ------
    HubmapError
        Anything that is wrong with recipes or tables; finished reports stay whole.
    """
    folder = workspace.root / "maps" / "reports"
    ledger = Ledger(folder / "ledger.json")
    for id in workspace.chosen(ids, workspace.hubs, "hub"):
        name = id if language == "en" else f"{id}-{language}"
        # The map of this hub alone, where there is one, says how its figure looks.
        recipe = next((m for m in workspace.maps.values() if m.layers == (id,)), None)
        look = None if recipe is None else recipe.model_dump(mode="json")
        key = key_of("report", language, workspace.hub_key(id), look)
        texts = [folder / f"{name}.md", folder / f"{name}.html"]
        if not force and ledger.fresh(name, key, texts):
            yield from (Product("fresh", path) for path in texts)
            continue
        from hubmap.maps.still.svg import svg
        from hubmap.reports.compose import report
        from hubmap.reports.render import markdown, page

        yield workspace.build_layer(id)
        layer = workspace.shown_layer(id)
        workspace.progress(f"reporting {name}")
        blocks = report(
            layer, language=language, name=name, recipe=recipe, basemap=workspace.basemap_table
        )
        contents = {
            folder / block.name: svg(block.sheet) + "\n"
            for block in blocks
            if isinstance(block, Picture)
        }
        contents[texts[0]] = markdown(blocks)
        title = getattr(blocks[0], "text", id)
        made = workspace.making(key, [id], {})
        contents[texts[1]] = page(blocks, language=language, title=title, made=made)
        with workspace.writing():
            for path, content in contents.items():
                write_text(path, content)
            ledger.note(name, key, contents)
        yield from (Product("built", path) for path in contents)
