"""What the fault proxy costs: the same requests straight to a server and through the proxy, in turns (A B A B …).

Run as `python -m benchmarks.proxy_bench`. The server answers from memory, so that the proxy's share shows. Prints the
time of a small request over one kept connection, the time of a body of 64 MB, and the most memory the proxy held.
"""

import asyncio
import http.client
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from support.cleanroom.proxy.running import FaultProxy
from support.trials.proxy_laws import peak_memory

_ROUNDS = 7
_REQUESTS = 200
_LARGE = 64 << 20
_PIECE = bytes(1 << 18)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        if not line.startswith(b"GET"):
            continue
        size = int(line.split(b" ", 2)[1].removeprefix(b"/"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for start in range(0, size, len(_PIECE)):
            writer.write(_PIECE[: size - start])
            await writer.drain()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def seconds(connection: http.client.HTTPConnection, size: int, count: int) -> float:
    """Return the time of one request of `count` in a row."""
    begin = time.perf_counter()
    for _ in range(count):
        connection.request("GET", f"/{size}")
        reply = connection.getresponse()
        while reply.read(1 << 18):
            pass
    return (time.perf_counter() - begin) / count


def main() -> int:
    """Measure and print."""
    command = [sys.executable, "-m", "benchmarks.proxy_bench", "serve"]
    with (
        tempfile.TemporaryDirectory(prefix="ggen-bench-") as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout
        upstream = server.stdout.readline().strip()
        proxy = FaultProxy(Path(folder), upstream)
        ways = {name: http.client.HTTPConnection(netloc) for name, netloc in
                (("direct", upstream), ("proxy", proxy.netloc))}  # fmt: skip
        for title, size, count in (("1 KB, one connection", 1000, _REQUESTS), ("64 MB", _LARGE, 1)):
            times: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(_ROUNDS):
                for name, connection in ways.items():
                    times[name].append(seconds(connection, size, count))
            direct, through = (median(times[name]) * 1000 for name in ways)
            added = f"{direct:9.2f} ms direct {through:9.2f} ms through, {through - direct:8.2f} ms more"
            print(f"{title:22}{added}, {size / through / 1000:8.1f} MB/s, ratio {through / direct:.2f}")
        print(f"the proxy held at most {peak_memory(proxy.pid) / 2**20:.0f} MB")
        proxy.close()
        server.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_serve()) if sys.argv[1:] == ["serve"] else main())
