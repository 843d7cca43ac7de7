"""The words under a map: whose data, under which licence, of when, and what they do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubmap.maps.kinds import sample_of
from hubmap.maps.still.scene import clean
from hubmap.maps.still.words import number, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubmap.layers.model import HubLayer
    from hubmap.maps.still.shown import Shown
    from hubmap.maps.still.style import Style


def caption(layers: Sequence[HubLayer], shown: Shown, style: Style, *, many: bool) -> str:
    """A paragraph: sources with licence and date, samples, boundaries, the plane.

    Parameters
    ----------
    layers
        Their sources are named, but not those of kinds that are off.
    shown
        What is on the sheet.
    style
        For its language.
    many
        Whether several hubs stand side by side.
    """
    language = style.language
    stop = "；" if language == "zh" else "; "
    kinds = {kind["id"] for kind in shown.kinds}
    if shown.surface is not None:
        kinds.add(shown.surface.kind)
    sources: dict[str, Any] = {}
    for layer in layers:
        for source in layer.sources:
            kind = str(getattr(source, "kind", "") or "")
            if not kind or kind in kinds:
                sources.setdefault(str(source.id), source)
    told = [_told(source, language) for source in sources.values()]
    parts = [said(language, "print.data") + ("" if language == "zh" else " ") + stop.join(told)]
    parts[0] += "。" if language == "zh" else "."
    for source in sources.values():
        noun = getattr(source, "noun_zh" if language == "zh" else "noun", "")
        noun = clean(noun or getattr(source, "kind", ""), 60)
        noun = noun[:1].upper() + noun[1:]
        stream = getattr(source, "stream", None)
        if stream is not None:
            parts.append(said(language, "print.stream", noun=noun, size=number(stream.sample)))
        if getattr(source, "sample", None) is not None:
            sample = sample_of(source.sample)
            parts.append(
                said(
                    language,
                    "print.sample",
                    noun=noun,
                    size=number(sample["size"]),
                    platform=clean(sample["platform"], 60),
                    period=clean(sample["period"], 60),
                )
            )
    parts.append(said(language, "print.boundaries"))
    parts.append(said(language, "print.plane"))
    if many:
        parts.append(said(language, "print.multiples"))
    parts.append(said(language, "print.made"))
    return ("" if language == "zh" else " ").join(parts)


def _told(source: Any, language: str) -> str:
    credit = clean(getattr(source, "attribution", "") or source.title, 200).rstrip(".")
    details = [clean(getattr(source, "licence", ""), 200).rstrip(".")]
    retrieved = getattr(source, "retrieved", None)
    if retrieved:
        details.append(said(language, "print.retrieved", date=str(retrieved)))
    inner = ("，" if language == "zh" else ", ").join(d for d in details if d)
    return f"{credit}（{inner}）" if language == "zh" else f"{credit} ({inner})"
