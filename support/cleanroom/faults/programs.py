"""What the faults of memory, processor and disk run inside a node, by its own Python."""

# Run inside a node. A filler writes to the last byte; a detached program outlives the command that started it.
FILL = """
import os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
for size in (1 << 20, 1 << 12, 1):
    try:
        while True:
            os.write(file, bytes(size))
    except OSError as error:
        if error.errno != 28:
            raise
"""
REMOVE = "import os, sys; os.remove(sys.argv[1])"
DETACH = """
import subprocess, sys
process = subprocess.Popen(
    [sys.executable, "-uc", *sys.argv[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL, start_new_session=True,
)
process.stdout.readline()
print(process.pid)
"""
HOLD = """
import signal, sys
held = []
try:
    for _ in range(int(sys.argv[1])):
        held.append(b"\\1" * 1_000_000)
finally:
    print("held")
signal.pause()
"""
BURN = """
import os, sys
for _ in range(int(sys.argv[1]) - 1):
    if not os.fork():
        break
print("burning")
while True:
    pass
"""
END = """
import os, signal, sys
try:
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
except ProcessLookupError:
    pass
"""
