"""The docker engine: docker-py against any Docker engine from 20.10 (API 1.41) on."""

import contextlib
import os
import secrets
import socket
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import docker.types
import requests

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine import firewall
from support.cleanroom.engine.addresses import Addresses, AddressPool
from support.cleanroom.engine.base import (
    RUN_LABEL,
    Capability,
    CapabilityError,
    ContainerSpec,
    EngineError,
    EngineUnavailableError,
    Labels,
    Leftover,
    Mount,
    Network,
    Recipe,
    Volume,
)
from support.cleanroom.engine.docker_container import DockerContainer
from support.cleanroom.engine.docker_images import DockerImages
from support.cleanroom.engine.docker_listing import DockerListing
from support.cleanroom.policy import Egress, Policy

MIN_API = (1, 41)
_TIMEOUT = 60
_HEADER = struct.Struct(">BxxxI")  # the engine's frame around a piece of a stream: which one, and its length
_SUBNETS = 200 * 256  # the /24 networks in 10.32.0.0 to 10.231.255.0
_TRIES = 20
_GONE = (docker.errors.NotFound,)
_LOG_SIZE = "50m"
_BRIDGE_LABEL = "cleanroom.bridge"  # an engine need not show a network's options (Podman 4.3 does not)
_CHECK_NANOSECONDS = 200_000_000


def connect() -> "DockerEngine":
    """Return the engine that answers at DOCKER_HOST or the usual socket.

    Raises:
        EngineUnavailableError: none answers, or it is older than 20.10.
    """
    try:
        client = docker.APIClient(
            base_url=os.environ.get("DOCKER_HOST"), version="auto", timeout=_TIMEOUT, num_pools=64
        )
        version = client.version()
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineUnavailableError(f"no Docker engine answers: {error}") from error
    if tuple(map(int, version["ApiVersion"].split("."))) < MIN_API:
        raise EngineUnavailableError(f"the Docker engine is {version['Version']}; 20.10 or later is needed")
    return DockerEngine(client, version["Version"])


class DockerEngine:
    """Networks, volumes and containers of a Docker engine."""

    name = "docker"

    def __init__(self, client: "docker.APIClient", version: str) -> None:
        self.client = client
        self.version = version
        self._images = DockerImages(client)
        self._listing = DockerListing(client)
        self._missing: dict[Capability, str] | None = None
        self.addresses = AddressPool()

    def missing(self) -> Mapping[Capability, str]:
        """Return what this engine or this machine lacks, found out once."""
        if self._missing is None:
            info = self.client.info()
            flags = {
                Capability.MEMORY_LIMIT: "MemoryLimit", Capability.CPU_LIMIT: "CpuCfsQuota",
                Capability.PIDS_LIMIT: "PidsLimit",
            }  # fmt: skip
            lacking = {what: f"docker info says {flag} is false" for what, flag in flags.items() if not info.get(flag)}
            reason = firewall.trouble()
            if reason:
                lacking[Capability.HOST_CLOSED] = reason
            self._missing = lacking
        return self._missing

    def image(self, recipe: Recipe) -> str:
        """Return the tag of a recipe's image; it is built, with its base, when there is none of that key."""
        return self._images.tag(recipe)

    def prune(self, before: float) -> list[str]:
        """Remove images of ours that nobody has wanted since a time, and what builds left behind before it."""
        return self._images.prune(before)

    def create_network(self, name: str, labels: Labels, policy: Policy) -> Network:
        """Create a bridge with a /24 of its own; without host services it drops what its containers begin there."""
        bridge = f"{firewall.BRIDGE}{secrets.token_hex(5)}"
        if not policy.host_services:
            self._require(Capability.HOST_CLOSED)
            firewall.add_drop_rule(bridge, labels.get(RUN_LABEL, ""))
        try:
            return self._create_bridge(name, labels, bridge, internal=policy.egress is Egress.ROOM)
        except EngineError:
            firewall.remove_rules(bridge)
            raise

    def _create_bridge(self, name: str, labels: Labels, bridge: str, *, internal: bool) -> Network:
        options = {"com.docker.network.bridge.name": bridge}
        for _ in range(_TRIES):
            prefix = "10.{}.{}".format(*divmod(32 * 256 + secrets.randbelow(_SUBNETS), 256))
            pool = docker.types.IPAMPool(subnet=f"{prefix}.0/24", gateway=f"{prefix}.1")
            try:
                made = self.client.create_network(
                    name, driver="bridge", internal=internal, labels={**labels, _BRIDGE_LABEL: bridge}, options=options,
                    ipam=docker.types.IPAMConfig(pool_configs=[pool]),
                )  # fmt: skip
            except docker.errors.APIError as error:
                if "overlap" in str(error) or "Pool" in str(error):
                    continue
                raise EngineError(f"the network {name} cannot be made: {error}") from error
            return Network(made["Id"], name, f"{prefix}.0/24", f"{prefix}.1")
        raise EngineError(f"no free /24 was found for the network {name} in {_TRIES} tries")

    def remove_network(self, network: Network) -> None:
        """Remove a network and its rule."""
        with contextlib.suppress(*_GONE):
            bridge = self.client.inspect_network(network.id)["Labels"][_BRIDGE_LABEL]
            self._remove_network(network.id)
            firewall.remove_rules(bridge)

    def _remove_network(self, id_: str) -> None:
        last = ""

        def removed() -> bool:
            nonlocal last
            try:
                self.client.remove_network(id_)
            except _GONE:
                return True
            except docker.errors.APIError as error:  # its endpoints may live a moment longer than their container
                last = str(error)
                return False
            return True

        if not Deadline.after(60).poll(removed):
            raise EngineError(f"a network cannot be removed: {last}")

    def create_volume(self, name: str, labels: Labels) -> Volume:
        """Create a volume that every user may write to."""
        made = self.client.create_volume(name, labels=dict(labels))
        volume = Volume(made["Name"], name, Path(made["Mountpoint"]))
        try:
            volume.path.chmod(0o777)
        except PermissionError as error:
            raise CapabilityError("only root may open a fresh volume to the containers' user") from error
        return volume

    def remove_volume(self, volume: Volume) -> None:
        """Remove a volume; one that is gone is no error."""
        with contextlib.suppress(*_GONE):
            self.client.remove_volume(volume.id, force=True)

    def create(self, spec: ContainerSpec) -> DockerContainer:
        """Create a container, connected to its networks, with addresses that it keeps over restarts."""
        addresses = Addresses(spec.name, self.addresses)
        for network in spec.networks:
            addresses.take(network)
        try:
            made = self._create(spec, addresses.first() if spec.networks else "")
        except docker.errors.APIError as error:
            raise EngineError(f"{spec.name} cannot be made: {error.explanation or error}") from error
        container = DockerContainer(self, made["Id"], spec, addresses)
        for network in spec.networks[1:]:
            container.connect(network)
        return container

    def _create(self, spec: ContainerSpec, address: str) -> Any:
        return self.client.create_container(
            spec.image, command=list(spec.command), name=spec.name, hostname=spec.name.rpartition(".")[2][:63],
            environment=dict(spec.environment), labels=dict(spec.labels), user=spec.policy.user,
            working_dir=spec.working_dir, host_config=self._host_config(spec), healthcheck=_health_check(spec),
            networking_config=self._networking(spec, address), stdin_open=False,
        )  # fmt: skip

    def _networking(self, spec: ContainerSpec, address: str) -> Any:
        """Ask for the address. Without this wrapping Docker silently gives addresses in the order of the starts."""
        if not address:
            return None
        endpoint = self.client.create_endpoint_config(ipv4_address=address)
        return self.client.create_networking_config({spec.networks[0].id: endpoint})

    def _host_config(self, spec: ContainerSpec) -> Any:
        policy = spec.policy
        limits: dict[str, Any] = {}
        if policy.memory:
            limits |= {"mem_limit": policy.memory, "memswap_limit": policy.memory}
        if policy.cpu:
            limits |= {"nano_cpus": int(policy.cpu * 1e9)}
        if policy.pids:
            limits |= {"pids_limit": policy.pids}
        return self.client.create_host_config(
            network_mode=spec.networks[0].id if spec.networks else "none", init=True,
            read_only=policy.read_only_root, cap_drop=None if policy.capabilities else ["ALL"],
            security_opt=None if policy.new_privileges else ["no-new-privileges:true"], tmpfs=_scratch(spec),
            mounts=[_mount(mount) for mount in spec.mounts], dns_opt=["timeout:1", "attempts:1"],
            log_config=docker.types.LogConfig(type="json-file", config={"max-size": _LOG_SIZE}), **limits,
        )  # fmt: skip

    def _require(self, *wanted: Capability) -> None:
        for capability in wanted:
            if capability in self.missing():
                raise CapabilityError(f"docker here lacks {capability}: {self.missing()[capability]}")

    def leftovers(self, label: str = RUN_LABEL, value: str | None = None) -> list[Leftover]:
        """Return containers, networks, volumes, images and rules by label; an image made of a container has its."""
        return self._listing.labelled(label if value is None else f"{label}={value}") + [
            Leftover("rule", rule, rule, {RUN_LABEL: run})
            for rule, run in firewall.rules()
            if label == RUN_LABEL and value in (None, run)
        ]

    def remove_leftovers(self, found: Iterable[Leftover]) -> None:
        """Remove in the order that the engine demands."""
        by_kind: dict[str, list[Leftover]] = {}
        for item in found:
            by_kind.setdefault(item.kind, []).append(item)
        for item in by_kind.get("container", []):
            self.remove_container(item.id)
        for item in by_kind.get("network", []):
            self._remove_network(item.id)
        for item in by_kind.get("volume", []):
            with contextlib.suppress(*_GONE):
                self.client.remove_volume(item.id, force=True)
        for item in by_kind.get("image", []):
            with contextlib.suppress(*_GONE):
                self.client.remove_image(item.id, force=True)
        for item in by_kind.get("rule", []):
            firewall.remove_rule(item.id)

    def remove_container(self, id_: str) -> None:
        """Kill and remove a container, and wait until it is gone."""
        last = ""

        def removed() -> bool:
            nonlocal last
            try:
                self.client.remove_container(id_, force=True, v=True)
            except _GONE:
                return True
            except docker.errors.APIError as error:  # another removal is on its way, or its start is
                last = str(error)
                return False
            return True

        if not Deadline.after(60).poll(removed):
            raise EngineError(f"a container cannot be removed: {last}")

    def lines(self) -> list[object]:
        """Return the engine's socket, or its address."""
        found = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
        if found.scheme == "unix":
            return [found.path, os.path.realpath(found.path)]
        answers = socket.getaddrinfo(found.hostname, found.port, type=socket.SOCK_STREAM)
        return [address for *_, address in answers]

    def keep(self, labels: Labels) -> None:
        """Do nothing: the engine's containers outlive this process."""

    def close(self) -> None:
        """Close the connections to the engine."""
        self.client.close()


def _scratch(spec: ContainerSpec) -> dict[str, str]:
    sizes = {"/tmp": spec.policy.scratch, **spec.scratch}  # noqa: S108
    options = {path: f"rw,mode=1777,size={size}" for path, size in sizes.items()}
    if spec.policy.read_only_root and "/dev/shm" not in sizes:  # noqa: S108
        options["/dev/shm"] = "ro,size=65536"  # noqa: S108 - it stays writable on a read-only root otherwise
    return options


def _mount(mount: Mount) -> Any:
    if isinstance(mount.source, Volume):
        return docker.types.Mount(mount.target, mount.source.id, type="volume", read_only=mount.read_only, no_copy=True)
    return docker.types.Mount(mount.target, str(mount.source), type="bind", read_only=mount.read_only)


def _health_check(spec: ContainerSpec) -> Any:
    if not spec.health_check:
        return None
    return docker.types.Healthcheck(
        test=["CMD", *spec.health_check], interval=_CHECK_NANOSECONDS, timeout=5_000_000_000, retries=3
    )
