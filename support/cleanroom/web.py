"""Web servers of a room: nginx before the files of a volume, and the fault proxy before another server."""

from typing import TYPE_CHECKING

from support.cleanroom.containers import HttpContainer
from support.cleanroom.images.proxy import PLACE, proxy_image
from support.cleanroom.images.services import nginx_image
from support.cleanroom.proxy.running import RECORD, SCHEDULE, ProxyControl
from support.cleanroom.proxy.schedules import Schedule
from support.cleanroom.services import DATA
from support.cleanroom.waiting import ForPort

if TYPE_CHECKING:
    from support.cleanroom.cleanroom import Cleanroom
    from support.cleanroom.engine.base import Volume

# Without -e it would complain that it cannot open the log that Debian has compiled in.
_NGINX = ("nginx", "-e", "stderr", "-c", "/etc/nginx/files.conf")


def start_nginx(room: "Cleanroom", files: "Volume", path: str) -> HttpContainer:
    """Start nginx, which serves the files of a volume, and wait until it gives the one at `path`."""
    return room.start_http(command=_NGINX, name="nginx", image=nginx_image(), content=files, path=path)


class ContainedProxy(ProxyControl):
    """The fault proxy in a container of its own, before port 8000 of another server of the room."""

    def __init__(self, room: "Cleanroom", upstream: HttpContainer) -> None:
        files = room.volume(f"proxy-of-{upstream.name}")
        super().__init__(files.path)
        room.inject(files, SCHEDULE, Schedule().dumps().encode())
        self.container = room.start_http(
            command=(
                "python3", "-m", "support.cleanroom.proxy", "--listen", f"0.0.0.0:{HttpContainer.port}",
                "--upstream", f"{upstream.address(room.network())}:{upstream.port}",
                "--schedule", f"{DATA}/{SCHEDULE}", "--record", f"{DATA}/{RECORD}",
            ),
            name="proxy", image=proxy_image(), content=files, environment={"PYTHONPATH": PLACE},
            wait=ForPort(HttpContainer.port),
        )  # fmt: skip

    def _ended(self) -> int | None:
        return self.container.state().exit_code
