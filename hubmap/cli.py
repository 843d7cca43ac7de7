"""The command line: parse, call, print. stdout is data, stderr is talk."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hubmap.errors import Findings, HubmapError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubmap.assign.engine import Engine
    from hubmap.workspace import Workspace

SHOWN = ("sources", "hubs", "maps", "statistics", "views")
FORMATS = ("text", "table", "csv", "json", "md")
LEVELS = ("hub", "city", "district")
EXAMPLES = ("ror",)
EMBEDS = ("iframe", "srcdoc", "figure", "markdown", "quarto", "latex", "oembed")
SIZES = ("column", "page", "slide")
LANGUAGES = ("en", "zh")
PROVIDERS = ("nominatim", "photon", "amap", "baidu")


def _parser() -> argparse.ArgumentParser:
    from hubmap import __version__

    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "-C",
        dest="root",
        metavar="DIR",
        type=Path,
        default=argparse.SUPPRESS,
        help="work in this workspace instead of the current folder",
    )
    parser = argparse.ArgumentParser(
        prog="hubmap",
        parents=[where],
        description="Tech-hub maps that open anywhere, from tables of universities, companies "
        "and AI job postings, with statistics that can be cited.",
    )
    parser.add_argument("--version", action="version", version=f"hubmap {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, help: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=help, description=help, parents=[where])

    init = verb("init", "lay down the default workspace in a folder")
    init.add_argument("dir", type=Path, metavar="DIR")
    init.add_argument("--empty", action="store_true", help="only a commented skeleton")
    init.add_argument("--example", choices=EXAMPLES, help="another workspace, made from --data")
    init.add_argument("--data", type=Path, metavar="FILE", help="the example's table, copied in")
    check = verb("check", "read every recipe and table, account for every row, print all findings")
    check.add_argument("sources", nargs="*", metavar="SOURCE")
    check.add_argument("--format", choices=("text", "json", "md"), default="text")
    layers = verb("layers", "regenerate hub layers")
    layers.add_argument("hubs", nargs="*", metavar="HUB")
    layers.add_argument("--format", default="", help="also geojson, gpkg, csv (comma-separated)")
    layers.add_argument("--force", action="store_true", help="regenerate what is fresh too")
    _computing(layers)
    _map_verbs(verb)
    stats = verb("stats", "print the hubs' profiles")
    stats.add_argument("hubs", nargs="*", metavar="HUB")
    stats.add_argument("--format", choices=FORMATS, default="text")
    stats.add_argument("--by", choices=LEVELS, default="hub", help="which zones (default: hub)")
    report = verb("report", "write hub reports as Markdown and HTML into maps/reports/")
    report.add_argument("hubs", nargs="*", metavar="HUB")
    report.add_argument("--language", choices=LANGUAGES, default="en")
    report.add_argument("--force", action="store_true", help="write what is fresh too")
    show = verb("show", "list what there is, and every option with its help")
    show.add_argument("what", nargs="?", choices=SHOWN)
    verb("schema", "print the JSON Schema of the recipes, for editors")
    return parser


def _computing(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--engine",
        default="auto",
        help="how points are assigned: auto (by size), tree, grid, or compiled (extra `fast`)",
    )
    verb.add_argument(
        "--cluster",
        default="",
        metavar="ADDRESS",
        help="count sources in parts on Dask: tcp://HOST:PORT, or `local` (extra `cluster`)",
    )


def _map_verbs(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The verbs that make or place maps, and the one that asks for places."""
    build = verb("build", "regenerate what changed: layers, then maps")
    build.add_argument("maps", nargs="*", metavar="MAP")
    build.add_argument("--force", action="store_true", help="regenerate what is fresh too")
    build.add_argument("--format", default="", help="html, svg, png, pdf (comma-separated)")
    build.add_argument("--size", choices=SIZES, default="", help="of svg, png and pdf")
    build.add_argument("--grey", action="store_true", help="print without colours")
    build.add_argument("--language", choices=LANGUAGES, default="", help="of svg, png and pdf")
    _computing(build)
    build.add_argument("--open", action="store_true", help="open the result in the browser")
    embed = verb("embed", "print what to paste to put a map into another page or document")
    embed.add_argument("map", metavar="MAP")
    embed.add_argument("--height", type=int, default=640, help="in pixels (default 640)")
    embed.add_argument("--mode", choices=EMBEDS, default="iframe", help="default: iframe")
    embed.add_argument("--url", default="", help="the folder on the web where maps are published")
    geocode = verb("geocode", "ask a geocoding service for a source's places, once, outside builds")
    geocode.add_argument("source", metavar="SOURCE")
    geocode.add_argument("--provider", choices=PROVIDERS, required=True)
    geocode.add_argument(
        "--column",
        action="append",
        default=[],
        help="names the place; several are joined (default: those the recipe places by)",
    )
    geocode.add_argument("--url", default="", help="another server that speaks its protocol")
    geocode.add_argument("--delay", type=float, help="seconds between questions")
    geocode.add_argument("--timeout", type=float, default=10.0, help="seconds to wait (default 10)")
    verify = verb("verify", "say whether maps on disk came from these inputs")
    verify.add_argument("maps", nargs="*", metavar="MAP", help="ids, or files wherever they lie")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Without the program's name; by default those of the process.

    Returns
    -------
    int
        0, or 1 when the user has something to mend.
    """
    for stream in (sys.stdout, sys.stderr):
        # Names are Chinese too; a terminal that cannot show them must not stop the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(arguments)
    options.root = getattr(options, "root", Path())
    try:
        _VERBS[options.verb](options)
        sys.stdout.flush()
    except Findings as error:
        for finding in error.findings:
            print(f"hubmap: {finding}", file=sys.stderr)
        return 1
    except HubmapError as error:
        print(f"hubmap: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of a pipe went away; nothing more is wanted of us.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("hubmap: interrupted; every product is whole, old or new.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _opened(
    root: Path, total: int | None = None, engine: Engine = "auto", cluster: str = ""
) -> Iterator[tuple[Workspace, Callable[[], None]]]:
    """The workspace, with progress on stderr when that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from hubmap.workspace import Workspace

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("reading recipes", total=total)
        workspace = Workspace.open(
            root,
            lambda step: progress.update(task, description=step),
            engine=engine,
            cluster=cluster,
        )
        if total is None:
            progress.update(task, total=len(workspace.hubs) + len(workspace.maps) + 2)
        yield workspace, lambda: progress.advance(task)


def _init(options: argparse.Namespace) -> None:
    from hubmap.default import lay_down
    from hubmap.default.example import lay_down_example

    folder = options.root / options.dir
    if options.example or options.data:
        if options.empty or not (options.example and options.data):
            raise RecipeError(
                "`--example` and `--data` go together, and without `--empty`.",
                "Write `hubmap init DIR --example ror --data FILE`.",
            )
        made = lay_down_example(folder, options.example, options.data)
    else:
        made = lay_down(folder, empty=options.empty)
    for path in made:
        print(path)


def _check(options: argparse.Namespace) -> None:
    from hubmap.check import check
    from hubmap.geodata.report import rendered

    with _opened(options.root) as (workspace, _):
        checked = check(workspace, options.sources)
    for line in checked.lines if options.format == "text" else ():
        print(line)
    if checked.accounts or options.format == "json":
        print(rendered(checked.accounts, options.format))
    if checked.findings:
        raise Findings(checked.findings)
    if options.format == "text":
        print("no findings")


def _layers(options: argparse.Namespace) -> None:
    from hubmap.layers.formats import FORMATS, chosen_formats

    asked = chosen_formats(options.format, ("parquet", *FORMATS))
    formats = [name for name in asked if name in FORMATS]
    computing = {"engine": options.engine, "cluster": options.cluster}
    with _opened(options.root, **computing) as (workspace, advance):
        for product in workspace.build_layers(options.hubs, force=options.force):
            print(product.state, product.path)
            advance()
        for path in workspace.export_layers(options.hubs, formats) if formats else ():
            print("built", path)
        if formats and not options.hubs:
            # The manifest names the exports too.
            workspace.build_profiles()


def _build(options: argparse.Namespace) -> None:
    from hubmap.layers.formats import chosen_formats
    from hubmap.maps.still.outputs import OUTPUTS, Wanted

    formats = chosen_formats(options.format, OUTPUTS)
    wanted = Wanted(formats, options.size, options.grey, options.language)
    last: Path | None = None
    computing = {"engine": options.engine, "cluster": options.cluster}
    with _opened(options.root, **computing) as (workspace, advance):
        for product in workspace.build(options.maps, force=options.force, wanted=wanted):
            print(product.state, product.path, flush=True)
            last = product.path
            advance()
    if options.open and last is not None:
        import webbrowser

        webbrowser.open(last.resolve().as_uri())


def _embed(options: argparse.Namespace) -> None:
    with _opened(options.root) as (workspace, _):
        text = workspace.embed(options.map, options.mode, height=options.height, url=options.url)
    print(text, end="")


def _geocode(options: argparse.Namespace) -> None:
    from hubmap.geodata.online import geocode_online, texts_of
    from hubmap.geodata.providers import PROVIDERS as KNOWN

    provider = KNOWN[options.provider]
    if options.url and not options.url.startswith(("https://", "http://")):
        raise RecipeError(f"--url {options.url!r} is no address.", "Begin with `https://`.")
    if not options.timeout > 0 or not (options.delay is None or options.delay >= 0):
        raise RecipeError("--timeout and --delay are seconds.", "Give none below nought.")
    with _opened(options.root) as (workspace, _):
        source = workspace.sources.get(options.source)
        if source is None:
            known = ", ".join(workspace.sources)
            raise RecipeError(f"there is no source {options.source!r}.", f"There are: {known}.")
        folder = workspace.root / "geodata"
        columns, texts = texts_of(source, folder, options.column)
        report = geocode_online(
            texts,
            provider,
            columns=columns,
            cache=workspace.root / "layers" / "geocode.sqlite",
            out=folder / f"{options.source}.places.csv",
            url=options.url,
            delay_s=options.delay,
            timeout_s=options.timeout,
            progress=lambda done, total: workspace.progress(f"asking {done} of {total}"),
        )
    print("built", report.path)
    print(
        f"{report.texts} places, {report.found} found, {report.asked} asked now, "
        f"{report.failed} without an answer; name {provider.attribution}",
        file=sys.stderr,
    )
    if source.place != "text":
        print(f'say place = "text" in {options.source}.toml to use them', file=sys.stderr)


def _verify(options: argparse.Namespace) -> None:
    from hubmap.verify import verify

    found: list[HubmapError] = []
    with _opened(options.root) as (workspace, advance):
        for path, said in verify(options.root, options.maps, workspace.progress):
            if isinstance(said, HubmapError):
                found.append(said)
            else:
                print("verified", path, said[:16], flush=True)
            advance()
    if found:
        raise Findings(found)


def _stats(options: argparse.Namespace) -> None:
    from hubmap.stats import print_profiles

    with _opened(options.root) as (workspace, _):
        profiles = workspace.profiles(options.hubs, options.by)
    print_profiles(profiles, options.by, options.format)


def _report(options: argparse.Namespace) -> None:
    from hubmap.reports.build import build_reports

    with _opened(options.root) as (workspace, advance):
        for product in build_reports(
            workspace, options.hubs, language=options.language, force=options.force
        ):
            print(product.state, product.path, flush=True)
            advance()


def _show(options: argparse.Namespace) -> None:
    from hubmap.show import show

    wanted = (options.what,) if options.what else SHOWN
    for line in show(options.root, wanted):
        print(line)


def _schema(options: argparse.Namespace) -> None:
    import json

    from hubmap.show import schema

    print(json.dumps(schema(), ensure_ascii=False, indent=1))


_VERBS: dict[str, Callable[[argparse.Namespace], None]] = {
    "init": _init,
    "check": _check,
    "layers": _layers,
    "build": _build,
    "embed": _embed,
    "geocode": _geocode,
    "verify": _verify,
    "stats": _stats,
    "report": _report,
    "show": _show,
    "schema": _schema,
}
