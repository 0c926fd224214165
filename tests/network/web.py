"""The web servers of the lab: haproxy in front of the desk, and every server that answers in its place.

All are front ends of one haproxy in the server's namespace, each on a port of its own; a condition leads the
connections for port 443 or 80 to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.network.certificates import Certificates
from tests.network.programs.desk import DESK_PORT, RUDE_PORT, SILENT_PORT, SINK_PORT, WATCHFUL_PORT

_HEAD = f"""
global
    maxconn 2000
    tune.ssl.default-dh-param 2048
defaults
    mode http
    retries 0
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout http-keep-alive 60s
backend desk
    server desk 127.0.0.1:{DESK_PORT}
backend sink
    server sink 127.0.0.1:{SINK_PORT}
backend down
    server down 127.0.0.1:1
backend rude
    server rude 127.0.0.1:{RUDE_PORT}
backend silent
    server silent 127.0.0.1:{SILENT_PORT}
backend watchful
    mode tcp
    server watchful 127.0.0.1:{WATCHFUL_PORT}
"""

_TO_DESK = "use_backend sink if { path /sink }\n    default_backend desk"
_PAGE = "http-request return status {status} content-type text/html file {page}"
_JSON = """http-request return status 200 content-type application/json string '{"status":"ok"}'"""


@dataclass(frozen=True)
class Front:
    """A port that answers in one way; `certificate` “”: without TLS."""

    port: int
    certificate: str
    does: str


def _page(status: int, name: str, more: str = "") -> str:
    return _PAGE.format(status=status, page="{folder}/" + f"{name}.html") + more


FRONTS: Mapping[str, Front] = {
    "desk": Front(443, "desk", _TO_DESK),
    "desk-http": Front(80, "", _TO_DESK),
    "expired": Front(4401, "expired", _TO_DESK),
    "not-yet": Front(4402, "not-yet", _TO_DESK),
    "other": Front(4403, "other", _page(200, "blocked")),
    "company": Front(4404, "company-desk", _TO_DESK),
    "company-page": Front(4405, "company-desk", _page(200, "blocked")),
    "company-json": Front(4406, "company-desk", _JSON),
    "company-dlp": Front(4416, "company-desk", "mode tcp\n    default_backend watchful"),
    "plain": Front(4407, "", _page(200, "portal")),
    "down": Front(4408, "desk", "default_backend down"),
    "rude": Front(4409, "desk", "default_backend rude"),
    "silent": Front(4410, "desk", "default_backend silent"),
    "busy": Front(4411, "desk", _page(429, "busy", " hdr Retry-After 7")),
    "portal": Front(4412, "portal", _page(200, "portal")),
    "portal-302": Front(4413, "", "http-request redirect location http://portal.example/login code 302"),
    "portal-200": Front(4414, "", _page(200, "portal")),
    "blocked": Front(4415, "", _page(200, "blocked")),
}

PAGES = {
    "portal": "Hotel Example: sign in to the Wi-Fi",
    "blocked": "Blocked by Example Filter",
    "busy": "Too many requests",
}


def configure(folder: Path, certificates: Certificates) -> Path:
    """Write the pages and haproxy's configuration; gives its file."""
    for name, title in PAGES.items():
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        (folder / f"{name}.html").write_text(page)
    sections = [_HEAD]
    for name, front in FRONTS.items():
        secure = f" ssl crt {certificates.file(front.certificate)}" if front.certificate else ""
        does = front.does.replace("{folder}", str(folder))
        sections.append(f"frontend {name}\n    bind :::{front.port} v4v6{secure}\n    {does}\n")
    file = folder / "haproxy.cfg"
    file.write_text("".join(sections))
    return file


# --- what stands in the proxy's namespace besides proxies: proxy scripts (PAC) ------------------------------

PAC_SCRIPTS = {
    "good": 'return "PROXY proxy.snapper.test:3128";',
    "direct": 'return "DIRECT";',
    "dead-first": 'return "PROXY proxy.snapper.test:9; PROXY proxy.snapper.test:3128";',
    "kerberos": 'return "PROXY proxy.snapper.test:3128";',
    "loop": "while (true) {}",
    "broken": 'return "PROXY ',
}
_PAC_HEAD = "global\ndefaults\n    mode http\n    timeout client 1m\nfrontend pac\n    bind :80\n"


def configure_pac(folder: Path) -> Path:
    """Write the proxy scripts and the configuration of the web server that has them, at /NAME.pac."""
    lines = [_PAC_HEAD]
    for name, body in PAC_SCRIPTS.items():
        script = folder / f"{name}.pac"
        script.write_text(f"function FindProxyForURL(url, host) {{ {body} }}\n")
        returned = f"status 200 content-type application/x-ns-proxy-autoconfig file {script}"
        lines.append(f"    http-request return {returned} if {{ path /{name}.pac }}\n")
    lines.append("    http-request return status 404 content-type text/plain string nothing\n")
    file = folder / "pac.cfg"
    file.write_text("".join(lines))
    return file


# --- a second web server, for what nginx says of large requests ---------------------------------------------

NGINX_PORT = 4420


def configure_nginx(folder: Path, certificates: Certificates) -> Path:
    """Write the configuration of an nginx in front of the desk that takes 1 MB in one request."""
    key = certificates.file("desk")
    file = folder / "nginx.conf"
    file.write_text(
        f"""
user root; daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
    access_log off; client_max_body_size 1m; client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-1; uwsgi_temp_path {folder}/nginx-2; scgi_temp_path {folder}/nginx-3;
    server {{
        listen {NGINX_PORT} ssl; ssl_certificate {key}; ssl_certificate_key {key};
        proxy_set_header Host $host; proxy_http_version 1.1;
        location / {{ proxy_pass http://127.0.0.1:{DESK_PORT}; }}
        location /sink {{ proxy_pass http://127.0.0.1:{SINK_PORT}; }}
    }}
}}
"""
    )
    return file
