"""A plugin that the user trusts: imported into this program, without limits. What it raises stays its own trouble."""

import json
import sys
from contextlib import redirect_stdout
from typing import Any

from marketplace.plugins.found import Plugin
from marketplace.plugins.loaded import Loaded, why
from marketplace.plugins.types import PluginFailedError, Question


class Inside:
    """A plugin in this process. What it prints goes to stderr: stdout is for results.

    Raises:
        PluginFailedError: it cannot be imported, or is not what its metadata says.
    """

    def __init__(self, plugin: Plugin) -> None:
        try:
            with redirect_stdout(sys.stderr):
                self._plugin = Loaded(plugin.name, plugin.target, plugin.hooks)
        except (Exception, SystemExit) as error:
            raise PluginFailedError(f"it raised {why(error)}") from error

    def call(self, question: Question) -> Any:
        """Return what the plugin answers, unchecked.

        Raises:
            PluginFailedError: it raised, or answered what JSON has no word for.
        """
        try:
            with redirect_stdout(sys.stderr):
                return json.loads(json.dumps(self._plugin.call(question.hook, question.arguments, question.piece)))
        except (Exception, SystemExit) as error:
            raise PluginFailedError(f"it raised {why(error)}") from error

    def close(self) -> None:
        """Do nothing: there is no process to end."""
