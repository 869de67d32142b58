"""nginx as an anchor: it sends files with the headers of our answers, or receives webhooks."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import time

from measure import harness
from row import Invalid


@contextlib.contextmanager
def nginx(parent, answers, locations="", *, http="", tls=None):
    """nginx with a file for each answer (path → answer), sent with that answer's headers, and
    with further `locations` and settings of `http`. It writes an access log, as the server does.
    `tls` is (certificate, key). Returns its address and its worker's process. Its master gets
    SIGTERM even if the bench is killed, because it must end the worker."""
    folder = pathlib.Path(parent) / "nginx"
    folder.mkdir()
    listening = socket.create_server(("127.0.0.1", 0), backlog=511)
    address = "127.0.0.1:%d" % listening.getsockname()[1]
    locations += "".join(location(folder, path, answer) for path, answer in answers.items())
    secure = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
    (folder / "nginx.conf").write_text(f"""
        daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ worker_connections 1024; }}
        http {{
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          access_log access.log combined buffer=64k flush=1s; keepalive_requests 1000000000;
          types {{ }} {http}
          open_file_cache max=16 inactive=1h; open_file_cache_valid 1h;
          server {{ listen {address} {"ssl" if tls else ""}; {secure} {locations} }}
        }}""")
    # nginx inherits a listening socket, as it does at an upgrade of its program: the system chooses
    # the port, and nobody can take it in between.
    ends_with_us = ["setpriv", "--pdeathsig", "TERM"] if harness.DIES_WITH_PARENT else []
    process = subprocess.Popen(
        [*ends_with_us, "/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e",
         "error.log"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, pass_fds=[listening.fileno()],
        env={**os.environ, "NGINX": f"{listening.fileno()};"})
    listening.close()
    try:
        yield f"http{'s' if tls else ''}://{address}", worker_of(process.pid, folder)
        if process.poll() is not None:
            raise Invalid("nginx ended: " + (folder / "error.log").read_text()[-300:])
    finally:
        process.terminate()
        process.wait()


def worker_of(master, folder):
    """The only child of nginx's master process."""
    for _ in range(500):
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise Invalid("nginx did not start: " + (folder / "error.log").read_text()[-300:])


def location(folder, path, answer, match="="):
    """nginx's configuration for one answer, and the file that it sends; a large file is sent in
    the way that is faster for large files. With `match` "^~" all paths that begin with this one
    get that file."""
    large = len(answer.body) > 16 * 1024
    sending = "sendfile on; tcp_nopush on;" if large else "sendfile off;"
    name = path.strip("/").replace("/", "-")
    (folder / name).write_bytes(answer.body)
    kept = {key: value for key, value in answer.headers.items() if key.lower() not in
            ("content-length", "content-type", "connection", "date", "server", "etag",
             "last-modified")}
    headers = " ".join(f"add_header {key} {quoted(value)};" for key, value in kept.items())
    file = f"alias {folder / name};" if match == "=" else f"root {folder}; try_files /{name} =404;"
    return (f"location {match} {path} {{ {file} {sending} {headers} "
            f"default_type {quoted(answer.headers['Content-Type'])}; }}\n")


def quoted(text):
    """A string of nginx's configuration language, in which `$` cannot be escaped."""
    if "$" in text:
        raise Invalid(f"nginx cannot send the header {text}")
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
