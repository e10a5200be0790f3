"""What the small web servers of scenarios share: a port of their own, a thread, silence about broken connections."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebServer(ThreadingHTTPServer):
    """Serves on 127.0.0.1 from its making until `close`, each request by `handler`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def netloc(self) -> str:
        """The address as `HOST:PORT`."""
        return f"127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, _request: object, _address: object) -> None:
        """Say nothing of connections that break: breaking them is what the proxy is for."""
