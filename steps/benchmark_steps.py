"""Steps about benchmarks that are killed."""

from behave import given, then, when

from support.trials.benchmark_checks import Benchmark


@given("a benchmark that has started a server, and one in a session of its own whose parent has ended")
def step_benchmark(context):
    context.benchmark = Benchmark()
    context.add_cleanup(context.benchmark.close)


@when("{who} of the benchmark is killed")
def step_kill(context, who):
    context.benchmark.kill(who)


@when("its process group is told to terminate")
def step_terminate(context):
    context.benchmark.terminate()


@when("it ends with exit code {code:d}")
def step_end(context, code):
    context.benchmark.end(code)


@then("the command's exit code is {code:d}")
def step_code(context, code):
    assert context.benchmark.command.returncode == code, context.benchmark.command.returncode


@then("soon neither the benchmark nor a server of it is there")
def step_gone(context):
    context.benchmark.check_gone()
