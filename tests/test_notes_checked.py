"""`hubmap check` follows what a map's notes are pinned to."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubmap.cli import main
from hubmap.default import lay_down

MAP = "maps/example-city.toml"
SOUND = """
[[notes]]
text = "First stands here."
entity = "1"
kinds = ["KIND"]
shading = "KIND|count"
figures = [{ zone = "example-city", kind = "KIND" }, { kind = "KIND", where = {} }]
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes") / "small"
    lay_down(folder, empty=True)
    return folder


def checked(folder: Path, note: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    path = folder / MAP
    text = path.read_text(encoding="utf-8")
    kind = next(
        line.split('"')[1]
        for line in (folder / "geodata/firms.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith("kind")
    )
    try:
        path.write_text(text + note.replace("KIND", kind), encoding="utf-8", newline="\n")
        code = main(["-C", str(folder), "check"])
    finally:
        path.write_text(text, encoding="utf-8", newline="\n")
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_sound_note_passes(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(empty, SOUND, capsys)
    assert code == 0, said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('entity = "1"', 'entity = "11"', "notes[0].entity`: '11' is unknown. Did you mean `1`?"),
        ('entity = "1"', 'zone = "atlantis"', "notes[0].zone`: 'atlantis' is unknown. It is a"),
        ('kinds = ["KIND"]', 'kinds = ["squids"]', "notes[0].kinds`: 'squids' is unknown."),
        ('shading = "KIND|count"', 'shading = "KIND|cuont"', "`: 'companies|cuont' is unknown"),
        ('"example-city", kind', '"example-cty", kind', "Did you mean `example-city`?"),
        ('kind = "KIND" }, {', 'kind = "KIND", statistic = "z" }, {', "statistic`: 'z' is"),
        ("where = {}", 'where = { tag = ["no"] }', "figures[1].where.tag`: 'no' is unknown"),
    ],
)  # fmt: skip
def test_a_note_pinned_to_nothing_is_one_finding(
    old: str, new: str, told: str, empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in SOUND
    code, said = checked(empty, SOUND.replace(old, new), capsys)
    assert code == 1
    assert f"{Path(MAP)}: key `notes[0]" in said
    assert told in said
    assert said.count("is unknown") == 1
    assert "Traceback" not in said


def test_districts_that_are_not_shown_cannot_be_shaded(
    empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = empty / MAP
    text = path.read_text(encoding="utf-8")
    assert "[[views]]" not in text
    note = '\n[[views]]\nview = "points"\n' + SOUND
    code, said = checked(empty, note, capsys)
    assert code == 1
    assert "which the map must show" in said or "Did you mean `none`" in said
