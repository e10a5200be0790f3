"""Allure results that say what happened. allure-behave alone drops the scenarios of a `Rule:`, shows those whose hook
failed as skipped, and knows neither the tags of a rule nor why a scenario was skipped."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import allure_commons
from allure_behave.formatter import AllureFormatter
from allure_behave.listener import AllureListener
from allure_behave.utils import is_planned_scenario, step_status_details
from allure_commons.mapping import parse_tag
from allure_commons.model2 import Label, Status, StatusDetails
from allure_commons.types import AttachmentType, LabelType
from allure_commons.utils import now, uuid4
from behave.model_type import Status as BehaveStatus

from support.cleanroom.metrics import told
from support.suite.verdicts import BROKEN, FAILED, PASSED, SKIPPED, described, kind_of

_STATUS = {PASSED: Status.PASSED, FAILED: Status.FAILED, BROKEN: Status.BROKEN, SKIPPED: Status.SKIPPED}
_NOT_RUN = (BehaveStatus.skipped, BehaveStatus.untested)
_CATEGORIES = [
    {"name": "Product failures: an assertion did not hold", "matchedStatuses": ["failed"]},
    {"name": "Harness failures: nothing was proved", "matchedStatuses": ["broken"]},
    {"name": "Skipped, with reasons", "matchedStatuses": ["skipped"]},
]


class AllureResults(AllureFormatter):  # type: ignore[misc]
    """Writes the results of the selected scenarios, wherever they stand in a feature."""

    listener: Any

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        allure_commons.plugin_manager.unregister(self.listener)
        self.listener = _Listener(config)
        allure_commons.plugin_manager.register(self.listener)

    def feature(self, feature: Any) -> None:
        """Have each selected scenario of a feature reported when it runs, those in rules and outlines too."""
        for scenario in feature.walk_scenarios():
            if scenario.should_run(self.listener.behave_config):
                scenario.run = allure_commons.test(scenario.run, context={"scenario": scenario})
            is_planned_scenario(scenario, self.testplan)

    def scenario(self, _scenario: Any) -> None:
        """Forget the steps of scenarios before that did not run."""
        self.listener.steps.clear()


class _Listener(AllureListener):  # type: ignore[misc]
    current_scenario_uuid: Any

    def start_scenario(self, scenario: Any) -> None:
        """Begin a result; name the tags of its rule, and the process for the timeline."""
        super().start_scenario(scenario)
        known = scenario.feature.tags + scenario.tags
        inherited = [parse_tag(tag) for tag in scenario.effective_tags if tag not in known]
        result = self.logger.get_test(self.current_scenario_uuid)
        result.name = result.name.rstrip()
        result.labels += [label for label in inherited if isinstance(label, Label)]
        result.labels += [Label(LabelType.HOST, platform.node()), Label(LabelType.THREAD, str(os.getpid()))]

    def stop_scenario(self, scenario: Any) -> None:
        """Finish a result with the verdict that the summary gives too."""
        uuid, kind = self.current_scenario_uuid, kind_of(scenario)
        self.flush_steps()
        result = self.logger.get_test(uuid)
        result.stop, result.status, result.statusDetails = now(), _STATUS[kind], _details(scenario, kind)
        if kind in (FAILED, BROKEN):
            happened = described(scenario, scenario.feature)
            self.logger.attach_data(uuid4(), happened, "what happened", AttachmentType.TEXT, parent_uuid=uuid)
        if metrics := getattr(scenario, "metrics", None):
            self.logger.attach_data(uuid4(), told(metrics), "metrics", AttachmentType.TEXT, parent_uuid=uuid)
        for name, text in getattr(scenario, "artefacts", {}).items():
            self.logger.attach_data(uuid4(), text, name, AttachmentType.TEXT, parent_uuid=uuid)
        for name, picture in getattr(scenario, "pictures", {}).items():
            self.logger.attach_data(uuid4(), picture, name, AttachmentType.PNG, parent_uuid=uuid)
        self.logger.close_test(uuid)
        self.current_step_uuid = self.current_scenario_uuid = None
        self.group_context.append_test(uuid)
        self.group_context.exit()

    def stop_behave_step(self, result: Any) -> None:
        """Finish a step: what neither passed, failed nor was left out is broken."""
        named = {BehaveStatus.passed: Status.PASSED, BehaveStatus.failed: Status.FAILED}
        status = Status.SKIPPED if result.status in _NOT_RUN else named.get(result.status, Status.BROKEN)
        details = step_status_details(result)
        self.logger.stop_step(self.current_step_uuid, stop=now(), status=status, statusDetails=details)


def _details(scenario: Any, kind: str) -> StatusDetails | None:
    """Return what the report shows first: the error of the step, or of what is around the steps, or the reason."""
    if kind == PASSED:
        return None
    if kind == SKIPPED:
        return StatusDetails(message=scenario.skip_reason or "no reason was given")
    for step in scenario.all_steps:
        if step.status.has_failed() and (found := step_status_details(step)):
            return found
    return StatusDetails(message=scenario.error_message or scenario.status.name)


def write_context(folder: Path, properties: Mapping[str, str]) -> None:
    """Write what the report says of the run as a whole, and how it sorts what is red."""
    lines = [f"{name} = {value}" for name, value in {**properties, "platform": platform.platform()}.items()]
    (folder / "environment.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "categories.json").write_text(json.dumps(_CATEGORIES, indent=2), encoding="utf-8")
