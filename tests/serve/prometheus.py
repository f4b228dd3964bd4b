# SPDX-License-Identifier: Apache-2.0
"""Agents with a hearsay-serve each, and a Prometheus that finds and scrapes them, for tests."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

from agents import HOST, Cluster, Process, Skip, free_port, wait_until

FAST = ["--profile", "local"]
DOCS = pathlib.Path(os.environ["HEARSAY_DOCS"])
RULES = DOCS / "prometheus/hearsay.rules.yml"


def promtool(*command, **how):
    """(Exit code, all that it said)."""
    program = shutil.which("promtool")
    if not program:
        raise Skip("promtool is not installed: package prometheus")
    done = subprocess.run([program, *map(str, command)], stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, text=True, timeout=60, **how)
    return done.returncode, done.stdout


def free_tcp_port():
    """A port that nobody on this machine holds, neither for UDP nor for TCP."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
                return port
            except OSError:
                continue


def get(port, path, **headers):
    """(Status, content type, text)."""
    request = urllib.request.Request(f"http://{HOST}:{port}{path}",
                                     headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def try_get(port, path):
    """The text, or None while nobody answers well."""
    try:
        status, _, text = get(port, path)
        return text if status == 200 else None
    except OSError:
        return None


class Serve(Process):
    """The hearsay-serve of an agent: a listener for metrics, and one for all."""

    def __init__(self, agent):
        self.agent, self.metrics, self.port = agent, free_tcp_port(), free_tcp_port()
        self.dns = free_tcp_port()

    def start(self):
        with open(self.agent.err, "ab") as err:
            self.proc = subprocess.Popen(
                [os.environ["HEARSAY_SERVE"], "--control", self.agent.control,
                 "--http", f"{HOST}:{self.metrics}=metrics", "--http", f"{HOST}:{self.port}",
                 "--dns", f"{HOST}:{self.dns}"],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err)
        # with its mirror, of which the ring is the last
        wait_until(lambda: "\nhearsay_ring_members " in (try_get(self.metrics, "/metrics") or ""),
                   10,
                   lambda: f"{self.agent.name} has no metrics")
        return self

    def scrape(self, query="", **headers):
        status, kind, text = get(self.metrics, "/metrics" + query, **headers)
        assert status == 200, (status, text)
        return kind, text

    def samples(self, query=""):
        """{"name{labels}": value} of the text format."""
        _, text = self.scrape(query)
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in text.splitlines() if not line.startswith("#")}

    def sd(self, query):
        status, kind, text = get(self.port, "/v1/sd?" + query)
        return status, kind, json.loads(text)


class Served(Cluster):
    """Agents, each with the tag `metrics` that has the port of its hearsay-serve."""

    def __init__(self):
        super().__init__(FAST)
        self.serves = []

    def serve(self, count, join=None):
        """Starts that many more agents, which join the first, or those of a list."""
        for _ in range(count):
            agent = self.agent(f"n{len(self.agents) + 1}")
            serve = Serve(agent)
            others = [a.addr for a in self.agents[:1] if a is not agent]
            agent.start(others if join is None else join, ["--tag", f"metrics={serve.metrics}"])
            self.serves.append(serve)
            serve.start()
        return self.serves

    def close(self):
        for serve in self.serves:
            if serve.running():
                serve.proc.kill()
                serve.proc.wait()
        super().close()


class Prometheus(Process):
    """A server with a directory of its own. `lists` are the URLs of /v1/sd that it asks."""

    def __init__(self, directory, lists):
        self.port, self.dir = free_tcp_port(), pathlib.Path(directory)
        rules = re.sub(r"for: \d+m", "for: 1s", RULES.read_text(encoding="utf-8"))
        (self.dir / "rules.yml").write_text(rules, encoding="utf-8")
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s",
                       "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{
                "job_name": "hearsay",
                "http_sd_configs": [{"url": url, "refresh_interval": "1s"} for url in lists],
                "relabel_configs": [{"source_labels": ["__meta_hearsay_name"],
                                     "target_label": "instance"}]}]}
        # JSON is YAML, too.
        (self.dir / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")

    def start(self):
        program = shutil.which("prometheus")
        if not program:
            raise Skip("prometheus is not installed")
        with open(self.dir / "prometheus.log", "wb") as log:
            self.proc = subprocess.Popen(
                [program, f"--config.file={self.dir}/prometheus.yml",
                 f"--storage.tsdb.path={self.dir}/data",
                 f"--web.listen-address={HOST}:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: try_get(self.port, "/-/ready"), 60, self.words)
        return self

    def words(self):
        return (self.dir / "prometheus.log").read_text(encoding="utf-8")[-2000:]

    def api(self, path):
        return json.loads(get(self.port, "/api/v1/" + path)[2])["data"]

    def targets(self):
        """{instance: health}."""
        return {t["labels"]["instance"]: t["health"]
                for t in self.api("targets?state=active")["activeTargets"]}

    def alerts(self):
        """{(name, instance or cluster)} of those that fire."""
        return {(a["labels"]["alertname"],
                 a["labels"].get("instance") or a["labels"].get("agent_cluster"))
                for a in self.api("alerts")["alerts"] if a["state"] == "firing"}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.running():
            self.proc.kill()
            self.proc.wait()
