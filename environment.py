"""behave's hooks: each scenario gets a world of its own, loses it again, and must leave nothing behind."""

import gc
import sys
from pathlib import Path
from typing import Any

from behave.model_type import Status

from support.cleanroom.artefacts import folder_name
from support.suite.session import Session
from support.suite.settings import Settings

KEPT = Path("build/kept")
ARTEFACTS = Path("build/artefacts")


def before_all(context: Any) -> None:
    """Begin the session; what is loaded by now stays, so that no collection of garbage need look through it."""
    gc.freeze()
    context.session = Session(Settings.of(context.config.userdata))
    context.add_cleanup(context.session.close)
    context.on_cleanup_error = note_cleanup_error


def before_feature(context: Any, feature: Any) -> None:
    """Skip what cannot run here, and say why."""
    for scenario in feature.walk_scenarios():
        if reason := context.session.cannot_run(scenario.effective_tags):
            scenario.skip(reason)


def before_scenario(context: Any, scenario: Any) -> None:
    """Look what is there, then make the scenario's world; the last cleanup looks again."""
    context.gate = gate = context.session.gate(scenario.effective_tags)
    context.witness = context.session.witness()
    context.add_cleanup(lambda: context.witness.kept or gate.check(scenario.name))
    context.add_cleanup(lambda: finish_artefacts(context.witness, scenario))
    if meter := context.session.meter():
        context.add_cleanup(lambda: setattr(scenario, "metrics", meter.stop(scenario.all_steps).to_json()))
    context.world = context.session.world()
    context.add_cleanup(context.world.close)


def after_step(context: Any, step: Any) -> None:
    """Note for the timeline that a step has ended, and what it has made."""
    name = f"{step.keyword} {step.name}"
    context.witness.step(name)
    context.gate.step(f"the step '{name}'")


def after_scenario(context: Any, scenario: Any) -> None:
    """Fail a scenario in which a command failed and nobody asked for its exit code; keep a red one's folder if told."""
    ignored = context.world.ignored_failure()
    if ignored and scenario.status == Status.passed:
        note(scenario, f"a failing command was not asserted: {ignored}")
        scenario.set_status(Status.failed)
    if scenario.status.has_failed():
        context.witness.look(context.world.root)
    if context.session.keeps_failed and scenario.status.has_failed():
        note(scenario, f"kept: {context.world.keep(KEPT, scenario.name)}")
        for told in context.witness.keep():
            note(scenario, told)


def finish_artefacts(witness: Any, scenario: Any) -> None:
    """Give the report what was gathered; write it down if the scenario is red. The cleanups of rooms are done."""
    folder = ARTEFACTS / folder_name(scenario.name, str(scenario.location))
    scenario.artefacts = witness.finish(folder)


def note_cleanup_error(context: Any, _cleanup: Any, error: Exception) -> None:
    """Tell of a cleanup that failed where the summary and the report look for it."""
    note(getattr(context, "scenario", None) or context.feature, f"cleanup: {type(error).__name__}: {error}")


def note(around: Any, text: str) -> None:
    """Add a line to the message of a scenario or feature; print it too, for who runs behave by itself."""
    around.error_message = "\n".join(filter(None, (around.error_message, text)))
    print(text, file=sys.__stderr__)
