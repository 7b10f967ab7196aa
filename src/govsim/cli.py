"""The command line: `govsim` and what it can be told to do, one function a command.

Only typer loads with this module, so that `--help` answers at once. What cannot be done is said in
one line on stderr with exit code 2; a run that fails ends with 1, an interrupted one with 130.
Nothing is left half-written; the finished runs of a comparison that was stopped lie in one file of their own
(`govsim.studies.unfinished`) until the same command finishes it.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

CURVE_REPLICATIONS = 10
"""Replications, at most, at the values of a_A other than the one asked; the caption says so."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Compare ways of organising grassroots governance: effects and costs, on paired simulations.",
    epilog="Examples: govsim compare --city demo | govsim compare --variants B0,F1,axis --lang zh | "
    "govsim run demo --out run1 | govsim components",
)  # fmt: skip


def _fail(message: object, code: int = 2) -> NoReturn:
    """One line on stderr, and out."""
    typer.echo(f"govsim: {' '.join(str(message).split())}", err=True)
    raise typer.Exit(code)


def _version(asked: bool) -> None:
    """Show the version."""
    if asked:
        from govsim import __version__

        typer.echo(f"govsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Options of the program itself."""


@contextmanager
def _guarded(lang: str) -> Iterator[None]:
    """Turn what goes wrong into one line."""
    try:
        yield
    except KeyboardInterrupt:
        from govsim.labels import label

        _fail(label("message.stopped", lang), 130)
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        _fail(error)
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, typer.Exit):
            raise
        _fail(error if str(error) else "out of memory; try a smaller city or fewer --workers", 1)


@contextmanager
def _kept_runs(out: str, is_own: Any, lang: str) -> Iterator[Any]:
    """Open the finished runs of an unfinished study in a folder that may be written to; say where they are if it stops again."""
    from govsim.labels import label
    from govsim.results.store import check_folder
    from govsim.studies.unfinished import FILE, Unfinished

    unfinished = Unfinished(Path(out) / FILE)
    check_folder(out, is_own)
    try:
        yield unfinished
    except KeyboardInterrupt:
        if unfinished.path.exists():
            _fail(label("message.stopped.unfinished", lang, path=unfinished.path), 130)
        raise


def _language(lang: str | None) -> str:
    from govsim.labels import language

    try:
        return language(lang)
    except ValueError:
        _fail(f"--lang {lang}: en or zh")


def _world(
    city: str, names: str, records: str | None, mapping: str | None, days: int, seed: int, course: str | None, lang: str = "en"
) -> Any:
    """Return the scenario asked for."""
    from govsim.records import demand_profile, read_log
    from govsim.records.schema import TYPE_CODES
    from govsim.scenario.city_files import resolve_city
    from govsim.scenario.files import with_scenario
    from govsim.scenario.inputs import override
    from govsim.scenario.profile import load_default_profile
    from govsim.scenario.scenario import Scenario

    place = resolve_city(city, names="real" if names == "real" else "neutral")
    if names == "real" and place.code is None:
        raise ValueError(f"--names real: {city} is no unit of the division table, so its parts have no real names")
    if records is not None and not records.strip():
        raise ValueError("--records names no file")
    if mapping is not None and records is None:
        raise ValueError("--mapping names the columns of a log: give --records too")
    if records is None:
        profile = load_default_profile()
    else:
        log = read_log(records, mapping) if mapping else read_log(records)
        _tell_rows(log, lang)
        if log.n_used < len(TYPE_CODES):
            raise ValueError(f"{records}: too few rows can be used; it takes {len(TYPE_CODES)}, one for each type of issue")
        profile = demand_profile(log)
        for note in profile.notes:
            typer.echo(f"  {note}", err=True)
    world = Scenario(city=place, name="compare", demand=profile.apply())
    world = override(world, {"days": days, "seed": seed})
    return world if course is None else with_scenario(world, course)


def _tell_rows(log: Any, lang: str) -> None:
    """Account for the rows of a log: how many are used, which are left out and why, and what those used lack."""
    from govsim.labels import label

    typer.echo(label("message.records.used", lang, name=log.name, used=log.n_used, rows=log.n_rows), err=True)
    for row in log.rejected.itertuples():
        key = "message.records.lacking" if row.is_used else "message.records.left_out"
        examples = f" ({row.examples})" if row.examples else ""
        typer.echo("  " + label(key, lang, n=row.n_rows, reason=row.reason, first=row.first_rows) + examples, err=True)


@app.command()
def compare(
    city: Annotated[
        str,
        typer.Option(help="demo, standard, the code or name of a county-level unit, or a file."),
    ] = "210681",
    variants: Annotated[str | None, typer.Option(help="Names or YAML files, separated by commas, such as B0,F1,F1-E4,mine.yaml.")] = None,
    course: Annotated[
        str | None, typer.Option("--scenario", help="What befalls the city: a name of `govsim scenarios`, or a YAML file.")
    ] = None,
    records: Annotated[str | None, typer.Option(help="A request log (CSV) to take the demand profile from.")] = None,
    mapping: Annotated[str | None, typer.Option(help="YAML that names the columns of the log.")] = None,
    replications: Annotated[int, typer.Option(min=2, max=1000, help="Paired replications.")] = 30,
    days: Annotated[int, typer.Option(min=731, max=36500, help="Horizon; the first 365 days are the baseline.")] = 1095,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Replications count up from it.")] = 1,
    names: Annotated[str, typer.Option(help="neutral or real: names of a unit's parts.")] = "neutral",
    out: Annotated[str, typer.Option(help="Folder for results.")] = "results/compare",
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Threads; as many as processors if not given."),
    ] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Compare variants with the fragmented baseline, costs beside effects.

    Example: govsim compare --city demo --variants B0,F1,axis
    """
    tongue = _language(lang)
    if names not in ("neutral", "real"):
        _fail(f"--names {names}: neutral or real")
    with _guarded(tongue):
        from govsim.scenario.variants import variant

        given = None if variants is None else [v for v in variants.split(",") if v.strip()]
        if given == []:
            raise ValueError("--variants: names at least one variant, such as F1")
        asked = None if given is None else [variant(v) for v in given]
        world = _world(city, names, records, mapping, days, seed, course, tongue)
        from govsim.studies.store import is_comparison, save_comparison

        with _kept_runs(out, is_comparison, tongue) as unfinished:
            comparison = _compare(world, asked, replications, workers, tongue, unfinished)

        def draw(folder: Path) -> None:
            from govsim.show.figures import plot_comparison, save_figure

            figure = plot_comparison(comparison, tongue)
            for ending in ("png", "svg"):
                save_figure(figure, folder / f"comparison.{ending}", tongue)

        folder = save_comparison(comparison, out, extras=draw)
    if unfinished.n_kept:
        from govsim.labels import label

        typer.echo(label("message.reused", tongue, n=unfinished.n_reused, kept=unfinished.n_kept))
    _show(comparison, folder, tongue)


def _compare(world: Any, asked: list[Any] | None, replications: int, workers: int | None, lang: str, unfinished: Any) -> Any:
    """Run the comparison with a bar; say when the engine has to be compiled first."""
    from importlib import import_module
    from threading import Thread

    from tqdm import tqdm

    from govsim.labels import label
    from govsim.studies.compare import VARIANTS, is_compiled
    from govsim.studies.compare import compare as run

    # What draws the figure loads while the runs run.
    Thread(target=lambda: import_module("govsim.show.figures").load_drawing(), daemon=True).start()
    if not is_compiled():
        typer.echo(label("message.wait.compiling", lang), err=True)
    quiet = not sys.stderr.isatty()
    with tqdm(total=None, desc=label("message.progress", lang), file=sys.stderr, disable=quiet) as bar:

        def follow(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return run(
            world, asked or VARIANTS, replications, workers=workers, progress=follow,
            curve_replications=min(CURVE_REPLICATIONS, replications), unfinished=unfinished,
        )  # fmt: skip


def _show(comparison: Any, folder: Path, lang: str) -> None:
    """Print the tables, the caption and where the rest lies."""
    from rich.console import Console

    from govsim.labels import label
    from govsim.show.captions import caption, notes
    from govsim.show.table import comparison_tables

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False, emoji=False)
    for table in comparison_tables(comparison, lang, console.width):
        console.print(table, markup=False)
    for text in (*notes(comparison, lang), caption(comparison, lang)):
        console.print(text, style="dim", markup=False)
    for name in ("comparison.png", "table.parquet"):
        console.print(label("message.saved", lang, folder=folder / name), markup=False, soft_wrap=True)


@app.command()
def run(
    scenario: Annotated[str | None, typer.Argument(help="A scenario file (YAML) or the name of a preset.")] = None,
    course: Annotated[
        str | None, typer.Option("--scenario", help="What befalls the city: a name of `govsim scenarios`, or a YAML file.")
    ] = None,
    twin: Annotated[bool, typer.Option("--twin", help="Run the same without its shocks too: how far ordinary issues fall behind.")] = False,
    out: Annotated[str, typer.Option(help="Folder for the run's tables; those of an earlier run there are replaced.")] = "results/run",
    switch: Annotated[
        list[str] | None,
        typer.Option(help="DAY=VARIANT: put a variant (name or YAML file) in place from that day on; may be given again."),
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="File to save the run's state in, an earlier one is replaced; see --save-at and --save-every.")
    ] = None,
    save_at: Annotated[int | None, typer.Option(min=0, help="Day on which to save the state.")] = None,
    save_every: Annotated[int | None, typer.Option(min=1, help="Save the state anew every so many days.")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on from a saved state instead of a scenario.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Run one scenario and save its tables; switch variants on the way, save a state, go on from one.

    Example: govsim run demo --save-at 365 --state common.state; govsim run --resume common.state --switch 400=F1
    """
    tongue = _language(lang)
    with _guarded(tongue):
        if (scenario is None) == (resume is None):
            raise ValueError("give a scenario or --resume FILE, one of the two")
        if course is not None and resume is not None:
            raise ValueError("--scenario goes with a scenario to begin with, not with --resume, whose scenario is in the file")
        if twin and (resume is not None or switch):
            raise ValueError("--twin compares two whole runs: it does not go with --resume or --switch")
        if (state is None) != (save_at is None and save_every is None):
            raise ValueError("--state FILE goes together with --save-at DAY or --save-every DAYS")
        from govsim.labels import label
        from govsim.results.history import History, check_state_file
        from govsim.results.store import check_folder, is_run, save_run
        from govsim.scenario.files import load_scenario, with_scenario
        from govsim.scenario.variants import variant

        steps: list[tuple[int, int, Any]] = [(day, 0, variant(name)) for day, name in map(_switch, switch or ())]
        if len({day for day, _, _ in steps}) < len(steps):
            raise ValueError("--switch: two variants for one day")
        folder = check_folder(out, is_run)
        if state is not None:
            check_state_file(Path(state))
        asked = load_scenario(scenario) if scenario is not None else None
        asked = with_scenario(asked, course) if asked is not None and course is not None else asked
        if twin and asked is not None and asked.shocks.span is None:
            raise ValueError("--twin: nothing befalls this city; lay a scenario over it with --scenario")
        history = History(asked) if resume is None else History.load(resume)
        days = history.scenario.days
        saves = {save_at} if save_at is not None else set()
        saves |= set(range(0, days, save_every)) - set(range(history.day + 1)) if save_every else set()
        steps += [(day, 1, None) for day in saves]
        for day, _, _ in steps:
            if not history.day <= day <= days:
                raise ValueError(f"day {day}: the run is at day {history.day} and ends at day {days}")
        n_cities = len(history.scenario.city.pool())
        if n_cities > 1:
            typer.echo(label("message.note.single", tongue, n_cities=n_cities), err=True)
        for day, _, to in sorted(steps, key=lambda step: step[:2]):
            if to is not None:
                history.switch(to, at=day)
            else:
                history.advance(day).save(str(state))
        found = history.finish()
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_run(found, folder, overwrite=folder.exists())
        lag = _lag(found, tongue) if twin else None
    _show_run(found, folder, tongue)
    if lag is not None:
        typer.echo(lag)


def _lag(found: Any, lang: str) -> str:
    """How far ordinary issues fell behind the run without its shocks (X11)."""
    from govsim.labels import label
    from govsim.studies.resilience import resilience

    lag = resilience(found.scenario, found)
    values = {"area": f"{lag.area:,.1f}", "peak": f"{lag.peak:,.2f}"}
    if lag.recovery_days != lag.recovery_days:
        return label("message.twin.never", lang, **values)
    return label("message.twin", lang, **values, days=f"{lag.recovery_days:.0f}")


def _switch(text: str) -> tuple[int, str]:
    """Read DAY=VARIANT."""
    day, _, name = text.partition("=")
    if not day.strip().isdecimal() or not name.strip():
        raise ValueError(f"--switch {text}: a day and a variant, such as 400=F1-E4")
    return int(day), name


def _show_run(found: Any, folder: Path, lang: str) -> None:
    """Print what is known of one run; it is a story, not an estimate."""
    from rich.console import Console

    from govsim.labels import label
    from govsim.results.metrics import METRICS
    from govsim.results.scenarios import OUTPUTS
    from govsim.show.captions import run_caption
    from govsim.show.table import metric_name, number

    for name, value in found.metrics.dropna().items():
        unit = (METRICS | OUTPUTS)[name].unit
        shown = number(float(value), unit)
        typer.echo(f"{shown:>12} {'' if unit == '1' else unit:<11} {metric_name(name, lang)}")
    Console(width=None if sys.stdout.isatty() else 120, highlight=False, emoji=False).print(
        run_caption(found, lang), style="dim", markup=False
    )
    typer.echo(label("message.saved", lang, folder=folder))


@app.command()
def verify(
    workers: Annotated[int, typer.Option(min=1, max=256, help="Threads; they do not change the result.")] = 2,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Hold the engine to queueing theory and other closed forms, here and now; ends with 1 if one fails.

    Example: govsim verify
    """
    tongue = _language(lang)
    with _guarded(tongue):
        from rich.console import Console
        from tqdm import tqdm

        from govsim.labels import label
        from govsim.show.verification import closing_line, verification_table
        from govsim.studies.compare import is_compiled
        from govsim.studies.verify import verify as run

        if not is_compiled():
            typer.echo(label("message.wait.compiling", tongue), err=True)
        with tqdm(desc=label("message.progress", tongue), file=sys.stderr, disable=not sys.stderr.isatty()) as bar:

            def follow(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            found = run(workers=workers, progress=follow)
        console = Console(width=None if sys.stdout.isatty() else 120, highlight=False, emoji=False)
        console.print(verification_table(found, tongue), markup=False)
        console.print(closing_line(found, tongue), markup=False)
    if not found.is_sound:
        raise typer.Exit(1)


@app.command()
def patterns(
    city: Annotated[str, typer.Option(help="demo, standard, the code or name of a county-level unit, or a file.")] = "standard",
    sets: Annotated[
        int | None,
        typer.Option("--filter", min=1, max=10_000, help="Instead: draw so many parameter sets, reject those that lack a mandatory fact."),
    ] = None,
    replications: Annotated[int | None, typer.Option(min=2, max=1000, help="30 if not given; of each parameter set 3.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Replications count up from it.")] = 1,
    out: Annotated[str, typer.Option(help="Folder for results.")] = "results/patterns",
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Threads; they do not change the result.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Look for the stylised facts in the model and say which it shows; a fact that it lacks is a finding and ends with 0 too.

    Example: govsim patterns --city demo; govsim patterns --filter 20
    """
    tongue = _language(lang)
    with _guarded(tongue):
        from rich.console import Console
        from tqdm import tqdm

        from govsim.labels import label
        from govsim.show import patterns as show
        from govsim.studies import patterns as study
        from govsim.studies.compare import is_compiled
        from govsim.studies.store import is_patterns, save_patterns

        world = _world(city, "neutral", None, None, 1095, seed, None)
        n_cities = len(world.city.pool())
        if n_cities > 1:
            typer.echo(label("message.note.single", tongue, n_cities=n_cities), err=True)
        if not is_compiled():
            typer.echo(label("message.wait.compiling", tongue), err=True)
        quiet = not sys.stderr.isatty()
        with (
            _kept_runs(out, is_patterns, tongue) as unfinished,
            tqdm(desc=label("message.progress", tongue), file=sys.stderr, disable=quiet) as bar,
        ):

            def follow(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            found: Any
            if sets is None:
                n = replications or study.REPLICATIONS
                found = study.patterns(world, n, workers=workers, progress=follow, unfinished=unfinished)
                shown = [show.patterns_table(found, tongue), show.closing_line(found, tongue), show.caption(found, tongue)]
            else:
                n = replications or study.FILTER_REPLICATIONS
                found = study.filter_by_patterns(world, sets, n, workers=workers, progress=follow, unfinished=unfinished)
                shown = [*show.filter_tables(found, tongue), label("message.filter.prior", tongue), show.caption(found, tongue)]
        folder = save_patterns(found, out)
        console = Console(width=None if sys.stdout.isatty() else 140, highlight=False, emoji=False)
        if unfinished.n_kept:
            typer.echo(label("message.reused.patterns", tongue, n=unfinished.n_reused, kept=unfinished.n_kept))
        for text in shown:
            console.print(text, markup=False)
        console.print(label("message.saved", tongue, folder=folder), markup=False, soft_wrap=True)


@app.command()
def story(
    source: Annotated[str, typer.Argument(help="A saved run, a scenario file (YAML) or the name of a preset.")],
    issue: Annotated[int | None, typer.Option(min=0, help="Number of the issue.")] = None,
    find: Annotated[str | None, typer.Option(help="Pick the issue instead, such as petitions, funds_gate or, with --twin, sooner.")] = None,
    variant: Annotated[str | None, typer.Option(help="Mechanism of a scenario or preset; its own when not given.")] = None,
    twin: Annotated[str | None, typer.Option(help="A second variant: set the same issue under both side by side.")] = None,
    out: Annotated[str | None, typer.Option(help="File for the timeline: .png, .svg or .pdf.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Tell the story of one issue; without --issue or --find, list telling ones.

    Example: govsim story demo --variant F1 --find jurisdiction_gate | govsim story results/run --issue 7 --twin B0 --out 7.png
    """
    tongue = _language(lang)
    with _guarded(tongue):
        if issue is not None and find is not None:
            raise ValueError("give --issue or --find, one of the two")
        if out is not None:
            _check_picture(out)
            if issue is None and find is None:
                raise ValueError("--out FILE goes together with --issue or --find")
        from govsim.labels import label
        from govsim.results.finding import find_issues, kinds
        from govsim.results.story import story as tell
        from govsim.results.twins import twin_story
        from govsim.studies.compare import is_compiled

        if find is not None and find not in kinds(twin is not None):
            raise ValueError(f"--find {find}: there are {', '.join(kinds(twin is not None))}")
        if not is_compiled():
            typer.echo(label("message.wait.compiling", tongue), err=True)
        runs = _runs_to_tell(source, variant, twin)
        if issue is None:
            found = find_issues(*runs, kind=find, lang=tongue)
            if find is None or not len(found):
                for row in found.itertuples():
                    typer.echo(f"{row.issue:>8}  {row.kind:<18} {row.reason}")
                if not len(found):
                    raise ValueError(f"--find {find}: no issue of this kind" if find else "no telling issue")
                return
            issue = int(found.issue.iloc[0])
        told = twin_story(runs[0], runs[1], issue, tongue) if len(runs) == 2 else tell(runs[0], issue, tongue)
        typer.echo(str(told))
        if out is not None:
            from govsim.show.figures import save_figure
            from govsim.show.timeline import plot_story

            save_figure(plot_story(told), out, tongue)
            typer.echo(label("message.saved", tongue, folder=out))


def _check_picture(out: str) -> None:
    """Refuse a file that a figure cannot be saved in."""
    path = Path(out)
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"--out {out}: the name ends with .png, .svg or .pdf")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ValueError(f"--out {out}: a file in a folder that exists")


def _runs_to_tell(source: str, name: str | None, twin: str | None) -> list[Any]:
    """The run asked for, and the same city under a second variant."""
    from govsim.results.simulate import simulate
    from govsim.results.store import is_run, load_run
    from govsim.scenario.files import load_scenario
    from govsim.scenario.variants import apply

    if is_run(Path(source)):
        if name is not None:
            raise ValueError("--variant goes with a scenario or preset; a saved run has its own")
        first = load_run(source)
        asked = first.scenario
    else:
        asked = load_scenario(source)
        asked = asked if name is None else apply(asked, name)
        second = None if twin is None else apply(asked, twin)
        first = simulate(asked, moves=True)
        return [first] if second is None else [first, simulate(second, moves=True)]
    return [first] if twin is None else [first, simulate(apply(asked, twin), moves=True)]


@app.command()
def components(
    export: Annotated[str | None, typer.Option(help="A variant, such as F1-E4+RV1: print a YAML file to copy and edit instead.")] = None,
    out: Annotated[str | None, typer.Option(help="File to write that to; one that is there is left alone.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Say what each of the 13 parts, and each rival mechanism, is, does and costs; or write a variant as a file to start from.

    Example: govsim components --export F1+RV1 --out variant.yaml; govsim compare --city demo --variants B0,F1,variant.yaml
    """
    import textwrap

    from govsim.labels import label
    from govsim.scenario.variants import COMPONENTS, PARTS

    tongue = _language(lang)
    if export is not None or out is not None:
        with _guarded(tongue):
            from govsim.scenario.variant_files import format_variant

            _write(out, "--export VARIANT", tongue, export, lambda name: format_variant(name, comments=True))
        return
    for code in PARTS:
        typer.echo(f"{code}  {label(f'component.{code}', tongue)}")
        for part in ("does", "costs", "dose") if code in COMPONENTS else ("does", "costs"):
            text = label(f"component.{code}.{part}", tongue)
            for line in textwrap.wrap(text, 46 if tongue == "zh" else 92):
                typer.echo(f"    {line}")


@app.command()
def rules(lang: Annotated[str | None, typer.Option(help="en or zh.")] = None) -> None:
    """Say which decisions a Python function can replace, and what a component of one's own may do."""
    import textwrap

    from govsim.labels import label
    from govsim.scenario.own import HOOKS, RULES

    tongue = _language(lang)
    for title, places in (("replace", RULES), ("add", HOOKS)):
        typer.echo(label(f"message.rules.{title}", tongue))
        for name, place in places.items():
            typer.echo(f"\n{name}  {label(f'rule.{name}', tongue)} ({place.source})")
            for line in textwrap.wrap(label(f"rule.{name}.does", tongue), 46 if tongue == "zh" else 92):
                typer.echo(f"    {line}")
            typer.echo(f"    {label('message.rules.takes', tongue)}")
            for argument in place.arguments:
                typer.echo(f"      {argument:20} {label(f'rule_argument.{argument}', tongue)}")
        typer.echo("")


@app.command()
def inputs(
    word: Annotated[str | None, typer.Argument(help="Only inputs with this in their path or name.")] = None,
    export: Annotated[
        str | None, typer.Option(help="A scenario (demo, standard, a file): print all its inputs as a YAML file to edit instead.")
    ] = None,
    out: Annotated[str | None, typer.Option(help="File to write that to; one that is there is left alone.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """List every input with its default, range, unit and basis; or write a scenario as a file to start from.

    Example: govsim inputs audit; govsim inputs --export demo --out scenario.yaml; govsim run scenario.yaml
    """
    tongue = _language(lang)
    with _guarded(tongue):
        if export is not None or out is not None:
            from govsim.scenario.files import format_scenario, load_scenario

            if word is not None:
                raise ValueError(f"{word} does not go with --export or --out, which write every input")
            _write(out, "--export SCENARIO", tongue, export, lambda name: format_scenario(load_scenario(name), full=True, comments=True))
            return
        from rich.console import Console

        from govsim.show.inputs import inputs_table

        table = inputs_table(word or "", tongue)
        if not table.row_count:
            raise ValueError(f"no input has {word!r} in its path or name; govsim inputs lists all")
        is_wide = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        Console(width=160 if is_wide else None, highlight=False, emoji=False).print(table, markup=False)


@app.command()
def scenarios(lang: Annotated[str | None, typer.Option(help="en or zh.")] = None) -> None:
    """Say what may befall a city: the names that --scenario takes."""
    import textwrap

    from govsim.labels import label
    from govsim.scenario.files import COURSES

    tongue = _language(lang)
    for name in COURSES:
        typer.echo(f"{name}  {label(f'course.{name}', tongue)}")
        for line in textwrap.wrap(label(f"course.{name}.does", tongue), 46 if tongue == "zh" else 92):
            typer.echo(f"    {line}")


def _write(out: str | None, needed: str, lang: str, name: str | None, text_of: Callable[[str], str]) -> None:
    """Print the text of a name, to edit, or write it to a new file."""
    from govsim.labels import label
    from govsim.scenario.text import write_text

    if name is None:
        raise ValueError(f"--out goes together with {needed}")
    text = text_of(name)
    if out is None:
        typer.echo(text, nl=False)
        return
    if not out.strip():
        raise ValueError("--out is empty; it names a file")
    if os.path.lexists(out):
        raise ValueError(f"{out} exists already; choose another name")
    write_text(text, out)
    typer.echo(label("message.saved", lang, folder=out))


def main() -> None:
    """Entry point: what typer itself complains of is one line too."""
    arguments = sys.argv[1:] or ["--help"]
    try:
        code = app(arguments, standalone_mode=False)
    except KeyboardInterrupt:
        typer.echo("govsim: stopped", err=True)
        code = 130
    except typer.Abort:
        code = 130
    except BrokenPipeError:
        # The reader has left; what follows must not complain on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        typer.echo(f"govsim: {' '.join(error.format_message().split())}", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
