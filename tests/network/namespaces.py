"""Four network namespaces wired to each other, and programs in them: a client, a server and a proxy around a
router. Knows cards, addresses and processes; nothing of DNS, firewalls or proxies.

                 client 10.77.1.2 ── router ── server 10.77.2.2, .3
                                       └────── proxy  10.77.3.2

Every set has names of its own, so that several run at the same time; every program ends with the process that
started it, whatever ends that, and only programs started here are ended.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.screen import wait_until

CLIENT, ROUTER, SERVER, PROXY = "client", "router", "server", "proxy"
_SUBNET = {CLIENT: 1, SERVER: 2, PROXY: 3}
SERVER_IP, OTHER_IP, PROXY_IP = "10.77.2.2", "10.77.2.3", "10.77.3.2"
SERVER_IP6 = "fd77:2::2"
NAME_SERVER = "10.77.1.1"  # the router, as the client sees it
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PREFIX = "snapperlab"
_NAMED = Path("/run/netns")

# Mounts and processes of its own: a resolv.conf of its own, and whatever a program starts or becomes ends
# with its first process, which ends with ours. (A program that changes its user forgets such a wish.)
_APART = ("setpriv", "--pdeathsig", "KILL", "unshare", "-m", "-p", "--fork", "--kill-child", "--mount-proc")
_FIRST = 'mount --bind "$0" /etc/resolv.conf || exit 1; "$@"; exit $?'


def run(*command: str, text: str = "") -> str:
    """Run a program that must succeed, `text` on its input; gives its output."""
    done = subprocess.run(command, input=text, text=True, capture_output=True, env={"PATH": PATH}, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@dataclass(frozen=True)
class Namespaces:
    """The wired namespaces; `folder` has each one's resolv.conf and what its programs say."""

    prefix: str
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def name(self, part: str) -> str:
        """The name of a namespace as `ip netns` lists it."""
        return f"{self.prefix}-{part}"

    def inside(self, part: str, command: Sequence[str], *, own_names: bool = True) -> list[str]:
        """The command line that runs a command in a namespace, with its resolv.conf unless told otherwise."""
        entered = ["nsenter", f"--net={_NAMED / self.name(part)}"]
        if not own_names:
            return [*entered, *command]
        return [*entered, *_APART, "sh", "-c", _FIRST, str(self.folder / f"resolv.{part}"), *command]

    def do(self, part: str, *command: str, text: str = "") -> str:
        """Run a short command that must succeed; gives its output."""
        return run(*self.inside(part, command, own_names=False), text=text)

    def spawn(
        self, part: str, command: Sequence[str], env: Mapping[str, str], stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        """Start a program, apart from the keyboard's signals; the caller ends it by `end`."""
        whole = self.inside(part, command)
        return subprocess.Popen(
            whole, env={"PATH": PATH, **env}, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            start_new_session=True,
        )  # fmt: skip

    @contextlib.contextmanager
    def daemon(
        self, part: str, *command: str, ports: Sequence[int], env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A server for the time of the block, which listens on all these TCP ports when the block begins."""
        said = self.folder / f"{Path(command[0]).name}-{secrets.token_hex(3)}.log"
        with said.open("wb") as log:
            process = self.spawn(part, command, env or {}, log.fileno(), log.fileno())
        self.started.append(process)

        def listens() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once: {said.read_text(errors='replace')[-1500:]}")
            return set(ports) <= _listening_ports(process.pid)

        try:
            wait_until(listens, f"{command[0]} listens on {ports}: {said}")
            yield process
        finally:
            end(process)
            self.started.remove(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and whatever it started; none of it is left when this returns."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if process.poll() is None:
            # The kernel ends all others before the first of a family of processes has ended.
            first = psutil.Process(process.pid).children()
            for each in first:
                each.kill()
            if not first:
                process.kill()
    process.wait(20)


def _listening_ports(pid: int) -> set[int]:
    """The TCP ports that somebody listens on in the network of a process."""
    ports = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            rows = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
            ports |= {int(row.split()[1].rpartition(":")[2], 16) for row in rows if row.split()[3] == "0A"}
    return ports


@contextlib.contextmanager
def wired(folder: Path) -> Iterator[Namespaces]:
    """Make the namespaces for the time of the block. Raises RuntimeError."""
    _remove_left_over()
    net = Namespaces(f"{_PREFIX}-{os.getpid()}-{secrets.token_hex(2)}", folder)
    try:
        run("ip", "-batch", "-", text=_wiring(net))
        _settle(net)
        yield net
    finally:
        for process in list(net.started):
            end(process)
        _remove(net.prefix)


def _wiring(net: Namespaces) -> str:
    lines = [f"netns add {net.name(part)}" for part in (CLIENT, ROUTER, SERVER, PROXY)]
    router = net.name(ROUTER)
    lines += [
        f"link add eth0 netns {net.name(part)} type veth peer name {part} netns {router}" for part in _SUBNET
    ]
    return "\n".join(lines)


def _settle(net: Namespaces) -> None:
    """Addresses, routes, forwarding. No offloading: rules about the length of packets see none above 1500."""
    (net.folder / f"resolv.{ROUTER}").write_text("nameserver 127.0.0.1\n")
    ups = [f"addr add 10.77.{number}.1/24 dev {part}" for part, number in _SUBNET.items()]
    ups += [f"addr add fd77:{number}::1/64 dev {part} nodad" for part, number in _SUBNET.items()]
    ups += [f"link set {part} up" for part in ("lo", *_SUBNET)]
    _configure(net, ROUTER, list(_SUBNET), ups)
    for part, number in _SUBNET.items():
        (net.folder / f"resolv.{part}").write_text(f"nameserver 10.77.{number}.1\n")
        addresses = [f"addr add 10.77.{number}.2/24 dev eth0"]
        addresses += [f"addr add {OTHER_IP}/24 dev eth0"] if part == SERVER else []
        _configure(net, part, ["eth0"], [*addresses, "link set lo up", "link set eth0 up"])
        run("ip", "-n", net.name(part), "-batch", "-", text=routes_of(part))


def routes_of(part: str) -> str:
    """What a card loses when its link goes down: its IPv6 address and default routes (for `ip -batch`)."""
    number = _SUBNET[part]
    return "\n".join(
        [
            f"addr replace fd77:{number}::2/64 dev eth0 nodad",
            f"route replace default via 10.77.{number}.1",
            f"route replace ::/0 via fd77:{number}::1",
        ]
    )


def _configure(net: Namespaces, part: str, cards: Sequence[str], commands: Sequence[str]) -> None:
    run("ip", "-n", net.name(part), "-batch", "-", text="\n".join(commands))
    script = [f"ethtool -K {card} tso off gso off gro off tx off" for card in cards]
    if part == ROUTER:
        settings = {
            "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1,
            "net/ipv4/icmp_ratelimit": 0,  # everybody who is refused is to hear so at once
        }  # fmt: skip
        script += [f"echo {value} > /proc/sys/{key}" for key, value in settings.items()]
    net.do(part, "sh", "-ec", "\n".join(script))


def _remove(prefix: str) -> None:
    for path in _NAMED.glob(f"{prefix}-*"):
        run("ip", "netns", "delete", path.name)


def _remove_left_over() -> None:
    """Namespaces of a process that was killed before it could remove them; its programs ended with it."""
    for path in _NAMED.glob(f"{_PREFIX}-*-*-{CLIENT}"):
        owner = path.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(RuntimeError):  # another process is at it
                _remove(path.name.removesuffix(f"-{CLIENT}"))


def why_not(programs: Sequence[str]) -> str:
    """ "" or why no namespaces can be made here, in words."""
    if not Path("/proc/self/ns/net").exists():
        return "network namespaces exist only on Linux"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if missing := [program for program in programs if not shutil.which(program, path=PATH)]:
        return f"programs are missing: {', '.join(missing)} (scripts/prepare network installs them)"
    if subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True).returncode:
        return "this computer does not allow network namespaces"
    return ""
