"""The command line: `govsim compare`, `govsim run`, `govsim components`.

Only typer loads with this module, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Compare ways of organising grassroots governance: effects and costs, on paired simulations.",
    epilog="Examples: govsim compare --city demo | govsim compare --variants B0,F1,axis --replications 30 | "
    "govsim run scenario.yaml --out run1 | govsim components",
)  # fmt: skip


def _fail(message: str) -> NoReturn:
    """One line on stderr, exit code 2."""
    typer.echo(f"govsim: {' '.join(str(message).split())}", err=True)
    raise typer.Exit(2)


def _version(asked: bool) -> None:
    if asked:
        from govsim import __version__

        typer.echo(f"govsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Options of the program itself."""


def _free_folder(out: str) -> Path:
    """A place results may be written to: new, or holding an earlier comparison."""
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        _fail(f"--out {out}: is a file; give a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "manifest.json").is_file():
        _fail(f"--out {out}: holds files that are no results of govsim; give an empty or a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _fail(f"--out {out}: cannot be made ({error.strerror})")
    return folder


def _world(city: str, names: str, records: str | None, mapping: str | None, days: int, seed: int) -> Any:
    """The scenario asked for."""
    from govsim.records import demand_profile, read_log
    from govsim.scenario.city import resolve_city
    from govsim.scenario.inputs import override
    from govsim.scenario.profile import load_default_profile
    from govsim.scenario.scenario import Scenario

    place = resolve_city(city, names=names)
    if records is None:
        profile = load_default_profile()
    else:
        log = read_log(records, mapping) if mapping else read_log(records)
        typer.echo(f"{records}: {log.n_used} of {log.n_rows} rows used", err=True)
        for row in log.rejected.itertuples():
            typer.echo(f"  {row.n_rows} rows: {row.reason}", err=True)
        profile = demand_profile(log)
    world = Scenario(city=place, name="compare", demand=profile.apply())
    return override(world, {"days": days, "seed": seed})


def _write(comparison: Any, folder: Path, lang: str) -> None:
    """Write tables and figures beside, then move the whole in place."""
    import json
    import shutil
    import tempfile

    from govsim.show.figures import save_comparison

    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        comparison.table.to_parquet(draft / "table.parquet", compression="zstd")
        comparison.curve.to_parquet(draft / "curve.parquet", compression="zstd")
        comparison.net_benefit.to_parquet(draft / "net_benefit.parquet", compression="zstd")
        comparison.runs.to_parquet(draft / "runs.parquet", compression="zstd")
        (draft / "manifest.json").write_text(
            json.dumps({"kind": "govsim comparison", **comparison.provenance}, ensure_ascii=False, indent=2), encoding="utf-8"
        )
        save_comparison(comparison, draft / "comparison.png", lang)
        if folder.exists():
            shutil.rmtree(folder)
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@app.command()
def compare(
    city: Annotated[str, typer.Option(help="demo, standard, or the code of a county-level unit.")] = "210681",
    variants: Annotated[str | None, typer.Option(help="Names separated by commas, such as B0,F1,axis,F1-E4.")] = None,
    records: Annotated[str | None, typer.Option(help="A request log (CSV) to take the demand profile from.")] = None,
    mapping: Annotated[str | None, typer.Option(help="YAML that names the columns of the log.")] = None,
    replications: Annotated[int, typer.Option(min=2, max=1000, help="Paired replications.")] = 30,
    days: Annotated[int, typer.Option(min=731, max=36500, help="Horizon; the first 365 days are the baseline.")] = 1095,
    seed: Annotated[int, typer.Option(min=0, help="Replications count up from it.")] = 1,
    names: Annotated[str, typer.Option(help="neutral or real: names of a unit's parts.")] = "neutral",
    out: Annotated[str, typer.Option(help="Folder for results.")] = "results/compare",
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Threads.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Compare variants with the fragmented baseline, costs beside effects.

    Example: govsim compare --city demo --variants B0,F1,axis
    """
    from govsim.labels import language

    if names not in ("neutral", "real"):
        _fail(f"--names {names}: neutral or real")
    if lang not in (None, "en", "zh"):
        _fail(f"--lang {lang}: en or zh")
    tongue = language(lang)
    folder = _free_folder(out)
    try:
        from govsim.scenario.variants import variant

        asked = [variant(v.strip()).name for v in variants.split(",") if v.strip()] if variants is not None else None
        if asked is not None and not asked:
            _fail("--variants: names at least one variant, such as F1")
        world = _world(city, names, records, mapping, days, seed)
        comparison = _compare(world, asked, replications, workers, tongue)
        _write(comparison, folder, tongue)
    except (ValueError, OSError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        typer.echo("govsim: stopped; nothing was written", err=True)
        raise typer.Exit(130) from None
    _show(comparison, folder, tongue)


def _compare(world: Any, asked: list[str] | None, replications: int, workers: int | None, lang: str) -> Any:
    """Run the comparison with a progress bar; say when the engine has to be compiled first."""
    from tqdm import tqdm

    from govsim.engine.simulate import Engine, is_compiled
    from govsim.labels import label
    from govsim.studies.compare import VARIANTS
    from govsim.studies.compare import compare as run

    if not is_compiled():
        typer.echo(label("message.compiling", lang), err=True)
    Engine(world)
    with tqdm(total=None, unit=" runs", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

        def follow(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return run(world, asked or VARIANTS, replications, curve_replications=min(10, replications), workers=workers, progress=follow)


def _show(comparison: Any, folder: Path, lang: str) -> None:
    from rich.console import Console

    from govsim.show.captions import caption
    from govsim.show.table import comparison_tables

    console = Console(width=None if sys.stdout.isatty() else 190)
    for table in comparison_tables(comparison, lang):
        console.print(table)
    console.print(caption(comparison, lang), style="dim", markup=False)
    console.print(str(folder / "comparison.png"), markup=False)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file (YAML) or the name of a preset.")],
    out: Annotated[str, typer.Option(help="Folder for the run's tables.")] = "results/run",
) -> None:
    """Run one scenario and save its tables.

    Example: govsim run demo --out run1
    """
    folder = _free_folder(out)
    try:
        from govsim.results.simulate import simulate
        from govsim.results.store import save_run
        from govsim.scenario.files import load_scenario

        found = simulate(load_scenario(scenario))
        save_run(found, folder, overwrite=folder.exists())
    except (ValueError, OSError) as error:
        _fail(str(error))
    typer.echo(found.metrics.dropna().to_string())
    typer.echo(str(folder))


@app.command()
def components(lang: Annotated[str | None, typer.Option(help="en or zh.")] = None) -> None:
    """Say what each of the 13 parts is, does and costs."""
    from govsim.labels import label, language
    from govsim.scenario.variants import COMPONENTS

    if lang not in (None, "en", "zh"):
        _fail(f"--lang {lang}: en or zh")
    tongue = language(lang)
    for code in COMPONENTS:
        typer.echo(f"{code}  {label(f'component.{code}', tongue)}")
        for part in ("does", "costs", "dose"):
            typer.echo(f"    {label(f'component.{code}.{part}', tongue)}")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
