# SPDX-License-Identifier: Apache-2.0
"""The handlers of docs/handlers, run by `hearsay handle` with real agents. What they reload or send
is played by scripts of the tests; nginx and HAProxy themselves are asked where they are
installed."""
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

from agents import Skip, run_tests
from handles import ALL, TOOL, Handle, cluster_of, text_of

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "docs/handlers"


def with_tool(handle):
    """An environment in which `hearsay` is the tool under test."""
    tools = os.path.join(handle.dir, "bin")
    os.mkdir(tools)
    os.symlink(TOOL, os.path.join(tools, "hearsay"))
    handle.env = {"PATH": tools + ":" + os.environ["PATH"]}
    return handle


def the_recipe_for_hosts_keeps_its_block():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = with_tool(Handle(a))
        hosts = pathlib.Path(handle.dir, "hosts")
        hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
        handle.start("--on", f"{ALL}=HEARSAY_DOMAIN=c.example {RECIPES}/hosts-block {hosts}")
        handle.wait(lambda: f"127.0.0.1\t{b.name}.c.example {b.name}\n" in text_of(hosts))
        hosts.write_text(text_of(hosts) + "192.0.2.1 other\n", encoding="utf-8")
        b.kill()
        handle.wait(lambda: b.name not in text_of(hosts))
        lines = text_of(hosts).splitlines()
        assert lines[0] == "127.0.0.1 localhost" and "192.0.2.1 other" in lines, lines
        assert [line for line in lines if "example" in line] == [
            f"127.0.0.1\t{a.name}.c.example {a.name}"]
        handle.end()
        assert not list(pathlib.Path(handle.dir).glob("hosts.*"))


def the_recipe_for_a_webhook_posts_the_evidence():
    posted = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = with_tool(Handle(a))
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        handle.start("--on", f"*=HEARSAY_WEBHOOK={url} {RECIPES}/webhook")
        handle.wait(lambda: any(one["event"] == "member-join" for one in posted))
        b.kill()
        handle.wait(lambda: any(one["event"] == "member-failed" for one in posted))
        failed = [one for one in posted if one["event"] == "member-failed"][0]
        assert failed["members"] == [
            {"name": b.name, "address": "127.0.0.1", "role": "", "tags": ""}], failed
        assert failed["line"]["name"] == b.name and failed["key"].endswith("/member-failed")
        assert failed["why"]["member"]["name"] == b.name and failed["why"]["history"], failed
        ring = [one for one in posted if one["event"] == "ring"][0]
        assert ring["why"] is None and ring["members"] == []
        server.shutdown()
        server.server_close()
        b.start(join=[a.addr])
        handle.wait_said("webhook: failed with exit code")
        handle.end()


def the_recipe_for_a_mail_has_the_evidence():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        handle = with_tool(Handle(a))
        mail = pathlib.Path(handle.dir, "mail")
        sendmail = handle.script("sendmail", f"#!/bin/sh\necho \"args $*\" >{mail}.new\n"
                                             f"cat >>{mail}.new\nmv {mail}.new {mail}\n")
        handle.start("--on", f"member-failed=SENDMAIL={sendmail} HEARSAY_MAIL_TO=ops@example.org "
                             f"{RECIPES}/mail").follows()
        b.kill()
        handle.wait(mail.exists)
        text = mail.read_text(encoding="utf-8")
        assert text.startswith("args -i -t\nTo: ops@example.org\nSubject: [hearsay hearsay] "
                               f"member-failed {b.name}, says {a.name}\n"), text
        assert f"{b.name} (127.0.0.1:{b.port}) has been dead" in text and "WHO" in text, text
        handle.end()


def the_recipe_for_nginx_puts_a_wrong_file_back():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        b.ask("tags-set", tags={"role": "web"})
        handle = with_tool(Handle(a))
        file, calls, bad = (pathlib.Path(handle.dir, name) for name in ("up.conf", "calls", "bad"))
        nginx = handle.script("nginx", f"#!/bin/sh\necho \"$*\" >>{calls}\n"
                                       f"[ \"$1\" != -t ] || [ ! -e {bad} ]\n")
        handle.start("--on", f"{ALL}=NGINX={nginx} {RECIPES}/nginx-upstream {file} web "
                             "role=web 8080")
        good = ("# written by a handler of hearsay\n"
                "upstream web {\n    server 127.0.0.1:8080;\n}\n")
        handle.wait(lambda: text_of(file) == good)
        handle.wait(lambda: text_of(calls).endswith("-s reload\n"))
        if shutil.which("nginx"):
            conf = pathlib.Path(handle.dir, "nginx.conf")
            conf.write_text(f"pid {handle.dir}/pid;\nevents {{}}\nhttp {{\n    access_log off;\n"
                            f"    include {file};\n}}\n", encoding="utf-8")
            subprocess.run(["nginx", "-t", "-q", "-e", "stderr", "-c", str(conf)], check=True)
        bad.touch()
        b.kill()
        handle.wait_said("nginx does not take the new")
        assert text_of(file) == good
        bad.unlink()
        a.ask("force-leave", name=b.name)
        handle.wait(lambda: "server 127.0.0.1:1 down;" in text_of(file))
        handle.end()


def the_recipe_for_haproxy_fills_its_places():
    cluster, (a, b) = cluster_of(2)
    with cluster:
        b.ask("tags-set", tags={"role": "web"})
        handle = with_tool(Handle(a))
        path, told = os.path.join(handle.dir, "admin.sock"), []

        def serve(listener):
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                with sock:
                    told.append(sock.makefile().readline().rstrip("\n"))
                    sock.sendall(b"\n")

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(16)
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            handle.start("--on", f"{ALL}={RECIPES}/haproxy-servers {path} web s 2 role=web 8080")
            handle.wait(lambda: len(told) >= 3)
            assert told[:3] == [
                "set server web/s1 addr 127.0.0.1 port 8080", "set server web/s1 state ready",
                "set server web/s2 state maint"], told
            b.kill()
            handle.wait(lambda: told[-2:] == ["set server web/s1 state maint",
                                              "set server web/s2 state maint"])
            handle.end()
            listener.shutdown(socket.SHUT_RDWR)


def haproxy_itself_takes_what_the_recipe_says():
    if not shutil.which("haproxy"):
        raise Skip("haproxy is not installed")
    cluster, (a, b) = cluster_of(2)
    with cluster:
        b.ask("tags-set", tags={"role": "web"})
        handle = with_tool(Handle(a))
        path, conf = (os.path.join(handle.dir, name) for name in ("admin.sock", "haproxy.cfg"))
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f"global\n    stats socket {path} level admin\n"
                       "defaults\n    mode tcp\n    timeout connect 1s\n    timeout client 1s\n"
                       f"    timeout server 1s\nfrontend f\n    bind unix@{path}.in\n"
                       "    default_backend web\nbackend web\n"
                       "    server-template s 1-2 127.0.0.1:1 disabled\n")

        def places():
            """[(address, port, whether it is in maintenance)] of the backend's places."""
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(path)
                sock.sendall(b"show servers state web\n")
                rows = sock.makefile().read().splitlines()[2:]
            fields = [row.split(" ") for row in rows if row]
            return [(row[4], row[18], int(row[6]) & 1 == 1) for row in fields]

        with subprocess.Popen(["haproxy", "-db", "-f", conf], stderr=subprocess.DEVNULL) as haproxy:
            try:
                handle.wait(lambda: os.path.exists(path))
                handle.start("--on", f"{ALL}={RECIPES}/haproxy-servers {path} web s 2 role=web 80")
                handle.wait(lambda: places()[0] == ("127.0.0.1", "80", False))
                handle.wait(lambda: places()[1][2])
                b.kill()
                handle.wait(lambda: places()[0][2])
                handle.end()
            finally:
                haproxy.terminate()


run_tests([
    the_recipe_for_hosts_keeps_its_block,
    the_recipe_for_a_webhook_posts_the_evidence,
    the_recipe_for_a_mail_has_the_evidence,
    the_recipe_for_nginx_puts_a_wrong_file_back,
    the_recipe_for_haproxy_fills_its_places,
    haproxy_itself_takes_what_the_recipe_says,
])
