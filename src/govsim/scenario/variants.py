"""Variants of the mechanism by name: the baseline, the full mechanism, its parts, its controls.

A name is a sum of parts. ``B0`` is nothing, ``F1`` all 13 components; ``axis``, ``links`` and
``entries`` are the three groups; ``A1`` ... ``E4`` are single components; ``RV1`` ... ``RV10`` are rival mechanisms
(`RIVALS`). ``+`` adds, ``-`` takes away, ``@x`` sets the intensity of a component: ``F1-E4``, ``axis+links``,
``A1+A2@2+E4@0.5``, ``F1+RV10``. Besides there are
``ceremonial_all`` (the placebo) and, for every variant V, its controls ``cost_matched(V)`` and
``money_matched(V)`` (`model.md` 3.8, 3.10, W5). A variant of one's own is a YAML file (`govsim.scenario.variant_files`); its path
may stand wherever a name may.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from govsim.scenario.fields import ScenarioError
from govsim.scenario.inputs import inputs, nearest, override, show
from govsim.scenario.mechanism import ExternalHours, Mechanism
from govsim.scenario.own import NAME, Own, OwnComponent, own
from govsim.scenario.scenario import Scenario

GROUPS: Mapping[str, tuple[str, ...]] = {
    "axis": ("A1", "A2", "A3", "A4", "A5"),
    "links": ("L1", "L2", "L3", "L4"),
    "entries": ("E1", "E2", "E3", "E4"),
}
"""The components of 一轴, 三联 and 三进."""

COMPONENTS: tuple[str, ...] = tuple(code for codes in GROUPS.values() for code in codes)
"""The codes of the 13 components, in the order of the mechanism."""

RIVALS: tuple[str, ...] = ("RV1", "RV2", "RV3", "RV4", "RV5", "RV7", "RV8", "RV10")
"""The codes of the rival mechanisms."""

PARTS = COMPONENTS + RIVALS

CONTROLS: Mapping[str, Literal["hours", "money"]] = {
    "cost_matched": "hours",
    "money_matched": "money",
}
"""The two controls of ruling W5 by the name they have before the bracket."""

_NO_HOURS = ExternalHours()
_NOTHING_OWN = Own()
_MEETINGS = ("A1", "A2", "A3", "A4")
_RULES = ("rules_jurisdiction", "rules_power", "rules_funds", "rules_interests")

_PART = re.compile(r"\s*([+-]?)\s*([A-Za-z]\w*)\s*(@\s*(\d*\.?\d*(?:[eE][+-]?\d+)?))?\s*")
_CONTROL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of the mechanism: which components are on, and what else differs from the base.

    Attributes
    ----------
    name
        The canonical name: equal variants have equal names.
    doses
        (code, intensity) of the components and rivals that are on, in the order of `PARTS`; 1 for a rival.
    settings
        (path, value) of the other inputs the variant sets, as in `inputs.override`.
    external
        Hours from outside the fixed staff. None for a control whose schedule is not computed yet.
    original, control
        For a control: the variant it is matched with, and what is matched.
    own
        Rules replaced by one's own, and components of one's own.
    """

    name: str
    doses: tuple[tuple[str, float], ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    external: ExternalHours | None = _NO_HOURS
    original: "Variant | None" = None
    control: Literal["hours", "money"] | None = None
    own: Own = _NOTHING_OWN

    @property
    def control_of(self) -> str | None:
        """Name of the variant a control is matched with."""
        return None if self.original is None else self.original.name

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism of this variant where nothing else was asked for."""
        return apply(Scenario(), replace(self, external=_NO_HOURS)).mechanism

    def combine(self, other: "Variant | str") -> "Variant":
        """Return the sum of two variants without a part in common.

        Examples
        --------
        >>> variant("F1").without("E4").combine("RV10").name
        'F1-E4+RV10'
        """
        beside = variant(other)
        doses, more = self._doses("combine"), beside._doses("combine")
        for code in PARTS:
            if code in doses and code in more:
                raise ScenarioError(f"{self.name} and {beside.name} together: {code} is named twice")
        rules = {f.place: f.function for f in (*self.own.rules, *beside.own.rules)}
        if len(rules) < len(self.own.rules) + len(beside.own.rules):
            raise ScenarioError(f"{self.name} and {beside.name} together: a rule is replaced twice")
        return _variant(_name(doses | more))._owning(own(rules, self.own.components + beside.own.components))

    def without(self, *parts: str) -> "Variant":
        """Return the variant with components, groups or rivals taken away; components of one's own by their code."""
        doses = self._doses("without")
        kept = self.own.components
        for part in parts:
            if any(part == c.code for c in kept):
                kept = tuple(c for c in kept if c.code != part)
            else:
                _take_away(doses, _codes(part, part), part, f"{self.name}-{part}", None)
        return _variant(_name(doses))._owning(self.own.model_copy(update={"components": kept, "label": ""}))

    def at(self, intensity: float) -> "Variant":
        """Return the variant with all its components at one intensity; rivals have none."""
        doses = self._doses("at")
        checked = _intensity(self.name, self.name, "@", repr(float(intensity)))
        found = _variant(_name({code: 1.0 if code in RIVALS else float(checked or 0.0) for code in doses}))
        components = tuple(c.at(float(checked or 0.0)) for c in self.own.components)
        return found._owning(self.own.model_copy(update={"components": components, "label": ""}))

    def with_rules(self, *, name: str = "", **rules: Any) -> "Variant":
        """Return the variant with decisions made by Python functions; they start and end with it.

        Parameters
        ----------
        name
            What tables call it; the variant and its functions when not given.
        rules
            Functions by the names of `govsim.scenario.own.RULES`, which also says what each may take and return.

        Raises
        ------
        ScenarioError
            One line: an unknown rule, an argument it has not, or a name that is a variant's already.

        Examples
        --------
        >>> def by_need(severity, n_affected):
        ...     return severity * n_affected
        >>> variant("F1").with_rules(agenda_score=by_need).name
        'F1 [agenda_score=by_need]'
        """
        new = own(rules)
        kept = tuple(f for f in self.own.rules if f.place not in rules)
        return self._owning(self.own.model_copy(update={"rules": kept + new.rules, "label": _own_label(name)}))

    def with_component(self, component: OwnComponent, *, name: str = "") -> "Variant":
        """Return the variant with a component of one's own beside those it has.

        Examples
        --------
        >>> corps = OwnComponent(code="X1", name="Student corps", clarity=lambda: 0.1, monthly_hours=lambda: 2.0)
        >>> variant("F1").with_component(corps).name
        'F1+X1 Student corps'
        """
        found = own(None, (*self.own.components, component))
        return self._owning(self.own.model_copy(update={"components": found.components, "label": _own_label(name)}))

    def _owning(self, parts: Own) -> "Variant":
        """Return the variant with other rules and components of one's own, and the name they give it."""
        if self.control is not None:
            raise ScenarioError(f"{self.name} is a control: it has no rules or components of one's own")
        if self.settings:
            parts = parts.model_copy(update={"base": self.own.base or self.name})
        return replace(self, own=parts, name=parts.named(_name(dict(self.doses))))

    def _doses(self, verb: str) -> dict[str, float]:
        """The parts of a sum; a placebo or a control has none that could be changed."""
        if self.control is not None or self.settings:
            raise ScenarioError(f"{self.name} is no sum of parts, so it cannot be changed by .{verb}()")
        return dict(self.doses)

    def with_external(self, external: ExternalHours) -> "Variant":
        """Return the same variant with its schedule of external hours."""
        return replace(self, external=external)


def variant(name: str | Path | Variant) -> Variant:
    """Return the variant of this name, or of this YAML file; see the module for what names there are.

    A `Variant` is returned as it is.

    Raises
    ------
    ScenarioError
        One line, with the nearest names.

    Examples
    --------
    >>> variant("F1-E4").name, variant("a2@2 + A1").name
    ('F1-E4', 'A1+A2@2')
    >>> variant("cost_matched(F1)").control_of
    'F1'
    """
    if isinstance(name, Variant):
        return name
    if is_file(name):
        from govsim.scenario.variant_files import load_variant  # which stands on this module

        return load_variant(str(name).strip())
    if not isinstance(name, str):
        raise ScenarioError(f"a variant is named by text, not by {show(name)}")
    control = _CONTROL.fullmatch(name)
    if control is not None and is_file(control[2]):  # a file may change, so what is in it is not remembered
        return _control(control[1], control[2], name)
    return _variant(name)


def is_file(name: object) -> bool:
    """Return whether a variant is asked for by a YAML file.

    Examples
    --------
    >>> is_file("mine.yaml"), is_file("F1")
    (True, False)
    """
    return isinstance(name, Path) or (isinstance(name, str) and name.strip().casefold().endswith((".yaml", ".yml")))


def apply(scenario: Scenario, variant_: Variant | str | Path) -> Scenario:
    """Return the scenario under a variant.

    Switches and intensities of all 13 components and the rivals become the variant's; their other knobs stay the
    scenario's own, save those the variant sets (`Variant.settings`).

    Raises
    ------
    ScenarioError
        Unknown name, or a control without its schedule of hours.

    Examples
    --------
    >>> apply(Scenario(), "F1").mechanism.A1.dose
    1.0
    """
    chosen = variant(variant_)
    if chosen.external is None:
        raise ScenarioError(
            f"the hours of {chosen.name} follow from runs of {chosen.control_of}; "
            "compute them first and pass them with Variant.with_external"
        )
    doses = dict(chosen.doses)
    switches: dict[str, dict[str, Any]] = {code: {"enabled": code in doses, "intensity": doses.get(code, 1.0)} for code in COMPONENTS}
    switches |= {code: {"enabled": code in doses} for code in RIVALS} | {"unchecked": {"enabled": False}}
    base = override(
        scenario,
        {"mechanism": switches, "mechanism_name": chosen.name, "external": chosen.external},
    )
    asked = override(base, dict(chosen.settings)) if chosen.settings else base
    return asked.model_copy(update={"mechanism": asked.mechanism.model_copy(update={"own": chosen.own})})


def with_own(
    scenario: Scenario, rules: Mapping[str, Any] | None = None, components: Sequence[OwnComponent] = (), name: str = ""
) -> Scenario:
    """Return the scenario with decisions made by Python functions and components of one's own in its mechanism.

    They take the place of those it had. See `Variant.with_rules` and `OwnComponent`.

    Raises
    ------
    ScenarioError
        One line that names the rule or the component.

    Examples
    --------
    >>> with_own(Scenario(), {"agenda_score": lambda severity: severity}).mechanism_name
    'B0 [agenda_score=lambda]'
    """
    mechanism = scenario.mechanism.model_copy(update={"own": own(rules, tuple(components)).model_copy(update={"label": _own_label(name)})})
    return scenario.model_copy(update={"mechanism": mechanism, "mechanism_name": name_of(mechanism)})


def _own_label(name: str) -> str:
    """A name of one's own for a variant, which must not be that of another."""
    if name and not NAME.fullmatch(name):
        raise ScenarioError(f"name is {show(name)}, not 1 to 40 letters, digits and spaces")
    try:
        taken = bool(name) and variant(name).name
    except ScenarioError:
        return name
    if taken:
        raise ScenarioError(f"name {show(name)} is that of the variant {taken}; choose another")
    return name


def name_of(mechanism: Mechanism) -> str:
    """Return the name of the switches and intensities of a mechanism; other knobs do not count, but for the placebo's.

    Examples
    --------
    >>> name_of(Mechanism())
    'B0'
    """
    components = {code: getattr(mechanism, code) for code in COMPONENTS}
    rivals = {code: 1.0 for code in RIVALS if getattr(mechanism, code).enabled}
    name = _name({code: c.intensity for code, c in components.items() if c.enabled} | rivals)
    return mechanism.own.named("ceremonial_all" if name == "F1" and mechanism.unchecked.enabled else name)


def name_in_force(mechanism: Mechanism, asked: str) -> str:
    """Return what a mechanism is called: the name it was given if that is one of a user's own, else what its switches say.

    Examples
    --------
    >>> name_in_force(Mechanism(), "F1"), name_in_force(Mechanism(), "my hotline")
    ('B0', 'my hotline')
    """
    try:
        _variant(asked)
    except ScenarioError:
        return asked
    return name_of(mechanism)


def sum_of(text: str) -> dict[str, float]:
    """Return the parts of a sum such as ``F1-E4+RV10`` and their intensities, in the order of `PARTS`."""
    doses = _doses(text)
    return {code: doses[code] for code in PARTS if code in doses}


def name_of_sum(doses: Mapping[str, float]) -> str:
    """Return the one name of a sum of parts."""
    return _name(doses)


# ---- names ---------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _variant(name: str) -> Variant:
    """Read a name."""
    if (found := _named().get(name.strip().casefold())) is not None:
        return found
    if (match := _CONTROL.fullmatch(name)) is not None:
        return _control(match[1], match[2], name)
    doses = _doses(name)
    ordered = tuple((code, doses[code]) for code in PARTS if code in doses)
    return Variant(name=_name(doses), doses=ordered)


def _control(kind: str, inner: str, name: str) -> Variant:
    """Return the control of the variant in the bracket."""
    if kind.casefold() not in CONTROLS:
        near = nearest(kind, list(CONTROLS)) or "cost_matched"
        raise ScenarioError(f"unknown control {show(name)}: did you mean {near}({inner.strip()})?")
    of = variant(inner)
    if of.control is not None:
        raise ScenarioError(f"{show(name)}: a control of a control has no meaning")
    kind = kind.casefold()
    return Variant(f"{kind}({of.name})", external=None, original=of, control=CONTROLS[kind])


def _doses(name: str) -> dict[str, float]:
    """Read a sum of parts from left to right."""
    doses: dict[str, float] = {}
    named: set[str] = set()
    end = 0
    while end < len(name) or end == 0:
        match = _PART.match(name, end)
        if match is None or (end == 0) == (match[1] != ""):
            raise ScenarioError(_unknown(name, name[end:].strip(" +-@") or name))
        sign, part, at, digits = match.groups()
        codes = _codes(name, part)
        if sign == "-":
            _take_away(doses, codes, part, name, at)
        else:
            _add(doses, named, codes, part, name, _intensity(name, part, at, digits))
        end = match.end()
    return doses


def _codes(name: str, part: str) -> tuple[str, ...]:
    """Components that a part of a name stands for."""
    upper, lower = part.upper(), part.casefold()
    if upper in ("B0", "F1"):
        return () if upper == "B0" else COMPONENTS
    if upper in PARTS:
        return (upper,)
    if lower in GROUPS:
        return GROUPS[lower]
    raise ScenarioError(_unknown(name, part))


def _add(
    doses: dict[str, float],
    named: set[str],
    codes: tuple[str, ...],
    part: str,
    name: str,
    intensity: float | None,
) -> None:
    """Switch components on, in place; a code with @ may refine a group that was named before."""
    refines = len(codes) == 1 and intensity is not None and codes[0] not in named
    twice = [code for code in codes if code in doses]
    if twice and not refines:
        hint = f"; write {twice[0]}@2 to change its intensity" if len(codes) == 1 and codes[0] in COMPONENTS else ""
        raise ScenarioError(f"variant {show(name)}: {twice[0]} is named twice{hint}")
    named.update(codes if len(codes) == 1 else ())
    doses.update(dict.fromkeys(codes, 1.0 if intensity is None else intensity))


def _take_away(doses: dict[str, float], codes: tuple[str, ...], part: str, name: str, at: str | None) -> None:
    """Switch components off, in place."""
    if at is not None:
        raise ScenarioError(f"variant {show(name)}: what is taken away has no intensity")
    absent = [code for code in codes if code not in doses]
    if absent or not codes:
        raise ScenarioError(f"variant {show(name)}: {(absent or [part])[0]} is not in it")
    for code in codes:
        del doses[code]


def _intensity(name: str, part: str, at: str | None, digits: str | None) -> float | None:
    """Return the number after @, None where there is no @."""
    if at is None:
        return None
    if part.upper() in RIVALS:
        raise ScenarioError(f"variant {show(name)}: {part.upper()} is on or off; it has no intensity")
    known = inputs()["mechanism.A1.intensity"]
    try:
        value = float(digits or "")
    except ValueError:
        value = -1.0
    if known.low is None or known.high is None or not known.low <= value <= known.high:
        raise ScenarioError(f"variant {show(name)}: after {part}@ comes an intensity from {known.low} to {known.high}")
    return value


def _name(doses: Mapping[str, float]) -> str:
    """Return the one name of a set of doses: the shortest way of saying it, rivals last."""
    rivals = [code for code in RIVALS if code in doses]
    if rivals:
        base = _name({code: x for code, x in doses.items() if code not in rivals})
        return "+".join([*([] if base == "B0" else [base]), *rivals])
    on = [code for code in COMPONENTS if code in doses]
    groups = [group for group, codes in GROUPS.items() if set(codes) <= set(on)]
    missing = [code for code in COMPONENTS if code not in doses]
    if not on:
        return "B0"
    if len(set(doses.values())) > 1 and missing:
        return "+".join(_dosed(code, doses[code]) for code in on)
    if not missing:
        usual = min(sorted(set(doses.values())), key=lambda x: (-list(doses.values()).count(x), x))
        own = [_dosed(code, doses[code], usual) for code in on if doses[code] != usual]
        return "+".join([_dosed("F1", usual), *own])
    usual = doses[on[0]]
    if sum(len(GROUPS[group]) for group in groups) == len(on):
        return "+".join(_dosed(group, usual) for group in groups)
    if len(missing) <= 3:
        return "-".join([_dosed("F1", usual), *missing])
    return "+".join(_dosed(code, doses[code]) for code in on)


def _dosed(part: str, intensity: float, usual: float = 1.0) -> str:
    """Return a part with its intensity, which is left out at the reference."""
    if intensity == usual == 1.0:
        return part
    whole = int(intensity) if float(intensity).is_integer() else intensity
    return f"{part}@{whole!r}"


def _unknown(name: str, part: str) -> str:
    """Say that there is no such variant, and which are near."""
    words = ["B0", "F1", *GROUPS, *PARTS, "ceremonial_all", *(f"{c}(F1)" for c in CONTROLS)]
    near = nearest(part, words, 0.5) or nearest(name, [*words, *VARIANTS])
    if near is not None:
        return f"unknown variant {show(name)}: did you mean {near}?"
    return f"unknown variant {show(name)}: there are {', '.join(words)}, and sums such as F1-E4"


# ---- the registry --------------------------------------------------------------------------------


def _ceremonial() -> Variant:
    """Return the placebo: everything is held, nothing is decided, nobody checks (3.8)."""
    return Variant(
        name="ceremonial_all",
        doses=tuple((code, 1.0) for code in COMPONENTS),
        settings=(
            *((f"mechanism.{code}.{rule}", False) for code in _MEETINGS for rule in _RULES),
            ("mechanism.L1.doorstep_station", False),
            ("mechanism.E1.staging", 1.0),
            ("mechanism.E2.quality", 0.0),
            ("mechanism.E3.quality", 0.0),
            ("mechanism.unchecked.enabled", True),
        ),
    )


@lru_cache(maxsize=1)
def _named() -> dict[str, Variant]:
    """Variants that are not sums of parts, by name."""
    return {v.name.casefold(): v for v in (_ceremonial(),)}


def _registry() -> dict[str, Variant]:
    """Return what 3.10 names: baseline, full, the 2^3 groups, singles, leave-one-out, rivals, hybrids (RV9) and the placebo."""
    names = list(GROUPS)
    hybrids = ["F1+RV1", "F1+RV2", "RV1+RV2"]
    pairs = [f"{a}+{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
    one_out = [f"F1-{code}" for code in COMPONENTS]
    listed = ["B0", "F1", *names, *pairs, *COMPONENTS, *one_out, *RIVALS, *hybrids, "ceremonial_all"]
    return {name: _variant(name) for name in listed}


VARIANTS: Mapping[str, Variant] = _registry()
"""The variants that have a place of their own in a report; `variant` knows every sum besides."""
