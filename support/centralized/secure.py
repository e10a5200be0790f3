"""A registry that serves HTTPS, the user who asks it, and the proxy between them."""

from urllib.parse import urlsplit

from marketplace.http.credentials import Credentials
from support.centralized.backends import name_it
from support.centralized.certificates import Authority, Issued
from support.centralized.forward_proxy import ForwardProxy
from support.centralized.servers import Server
from support.market.world import Outcome, World

_NAMESPACE = "io.acme"


_TOKEN = "ggen_secret"  # noqa: S105 - nobody's
_HOST = "localhost"
# This machine may have a proxy and authorities of its own, which are no part of the stories.
_FOREIGN = (
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip


class SecureShop:
    """`ggen market serve` of a home of its own on localhost; the scenario's home knows it as `corp`, with a token."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.environ |= dict.fromkeys(_FOREIGN, "")
        self._folder = world.root / "certificates"
        self._folder.mkdir()
        self.company, self.stranger = (Authority(self._folder, name) for name in ("company", "stranger"))
        self.server: Server

    def serve(self, issued: Issued | None) -> None:
        """Start the server, with HTTPS when it has a certificate."""
        options = f"--tls-cert {issued.chain} --tls-key {issued.key}" if issued else ""
        home, self._world.home = self._world.home, self._world.root / "served"
        try:
            self.server = Server.start(self._world, options=options)
        finally:
            self._world.home = home
        name_it(self._world, f"{'https' if issued else 'http'}://{self.netloc}/", _TOKEN)
        self._world.environ["GGEN_REGISTRY"] = "corp"

    def admit(self) -> None:
        """Give the user a token that the registry knows, in the place of one that it has never seen."""
        home, self._world.home = self._world.home, self._world.root / "served"
        try:
            token = self.server.token(_NAMESPACE)
        finally:
            self._world.home = home
        Credentials(self._world.home / "credentials.json").keep(f"https://{self.netloc}", token)

    def know(self, url: str) -> None:
        """Have the user know the registry at another address."""
        self._world.run("ggen market registry remove corp")
        self._world.run(f"ggen market registry add corp {url}")

    def issue(self, what: str) -> Issued:
        """Make a certificate by what is wrong with it, or `good`."""
        match what:
            case "good":
                return self.company.issue(_HOST)
            case "is for another name":
                return self.company.issue("registry.acme.example")
            case "has expired":
                return self.company.issue(_HOST, first=-3, last=-2)
            case "is not good yet":
                return self.company.issue(_HOST, first=2, last=3)
            case "comes without the authority that signed it":
                return self.company.issue(_HOST, whole=False)
            case _:
                assert what == "is of an unknown authority", what
                return self.stranger.issue(_HOST)

    @property
    def netloc(self) -> str:
        """The registry's address as `HOST:PORT`."""
        return f"{_HOST}:{self.port}"

    @property
    def port(self) -> int | None:
        """The registry's port."""
        return urlsplit(self.server.url).port

    def proxy(self, login: str = "", refusal: int = 0) -> ForwardProxy:
        """Start a forward proxy."""
        found = ForwardProxy(login, refusal)
        self._world.defer(found.close)
        return found

    def ping(self, **environ: str) -> Outcome:
        """Ask the registry with these variables in the user's environment, for this once."""
        before = dict(self._world.environ)
        self._world.environ |= environ
        try:
            outcome = self._world.attempt("ggen market registry ping --json")
            self._world.exit_code()
        finally:
            self._world.environ = before
        return outcome

    def proxied(self, proxy: ForwardProxy, variable: str, **more: str) -> list[tuple[str, ...]]:
        """Ask the registry while a variable names the proxy; return what that was asked, the registry as `{registry}`.

        Each row has method, target, status and whether a token could be seen.
        """
        before = len(proxy.asked)
        self.ping(**{variable: proxy.url, **more})
        return [
            (row.method, row.target.replace(self.netloc, "{registry}"), str(row.status), "yes" if row.token else "no")
            for row in proxy.asked[before:]
        ]

    def requests(self) -> int:
        """Return how many requests the server has answered, by its log."""
        return self.server.logged().count('"method":')
