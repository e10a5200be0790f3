"""`make test`: runs the suite, writes Allure results, and ends with `N passed, N failed, N skipped`."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run behave with the formatters of this project; the arguments go to behave. Return the exit code."""
    results = Path("build/allure-results")
    results.mkdir(parents=True, exist_ok=True)
    summary = Path("build/summary.txt")
    summary.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "behave", "--no-summary", "-f", "support.summary:ProgressFormatter", "-o", "/dev/stderr",
        "-f", "allure_behave.formatter:AllureFormatter", "-o", str(results),
        "-f", "support.summary:SummaryFormatter", "-o", str(summary), *sys.argv[1:],
    ]  # fmt: skip
    code = subprocess.run(command, check=False).returncode
    if not summary.exists():
        print("the suite did not run to its end", file=sys.stderr)  # noqa: T201 - this program's output
        return code or 1
    text = summary.read_text(encoding="utf-8")
    sys.stdout.write(text)
    closing = text.rstrip().rpartition("\n")[2]
    return code or int(closing.startswith("0 passed") or ", 0 failed" not in closing)


if __name__ == "__main__":
    sys.exit(main())
