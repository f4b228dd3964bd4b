# SPDX-License-Identifier: Apache-2.0
"""/metrics and /v1/sd of real agents, the page that describes them, alerts and dashboard."""
import json
import os
import pathlib
import re
import signal
import socket
import time

from agents import free_port, run_tests, wait_until
from prometheus import DOCS, RULES, Served, get, promtool
from swarms import Swarm

HERE = pathlib.Path(__file__).resolve().parent
DASHBOARD = DOCS / "prometheus/hearsay.dashboard.json"
NAME = re.compile(r"\b(?:hearsay|process)_\w+|\bup\b")
NOT_METRICS = {"up"}  # made by Prometheus itself
LABELS = re.compile(r'(\w+)="')
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def families(text):
    """{name: (type, {labels}, help)} of the text format."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            found[name] = ["", set(), words]
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            found[name][0] = kind
        else:
            found[name][1].update(LABELS.findall(line.rsplit(" ", 1)[0]))
    return {name: tuple(about) for name, about in found.items()}


def series_names(text):
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")}


# ---- what is scraped -----------------------------------------------------------------------------


def promtool_accepts_what_is_shown():
    with Served() as cluster:
        one, _ = cluster.serve(2)
        cluster.wait_agreed()
        for query in ("", "?collect[]=members"):
            code, words = promtool("check", "metrics", input=one.scrape(query)[1])
            assert code == 0 and not words.strip(), words
        cluster["n1"].kill()
        wait_until(lambda: one.samples()["hearsay_up"] == 0, 10)
        code, words = promtool("check", "metrics", input=one.scrape()[1])
        assert code == 0 and not words.strip(), words


def accept_decides_the_form():
    with Served() as cluster:
        one, = cluster.serve(1)
        kind, text = one.scrape()
        assert kind == "text/plain; version=0.0.4; charset=utf-8" and "# EOF" not in text
        kind, text = one.scrape(Accept=OPENMETRICS)
        assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        assert text.endswith("\n# EOF\n") and "# TYPE hearsay_probes counter\n" in text


def values_are_those_of_status():
    with Served() as cluster:
        one, _ = cluster.serve(2)
        cluster.wait_agreed()
        before = cluster["n1"].ask("status")
        wait_until(lambda: one.samples()["hearsay_probes_total"] > before["counters"]["probes"],
                   10)
        shown, after = one.samples(), cluster["n1"].ask("status")
        assert shown["hearsay_up"] == shown["hearsay_ready"] == 1
        assert shown['hearsay_members{status="alive"}'] == 2
        assert shown["hearsay_members_failed"] == 0 == shown["hearsay_isolated"]
        for name, field in (("probes", "probes"), ("rumors_sent", "rumors_sent"),
                            ("records_merged", "records_merged")):
            assert (before["counters"][field] <= shown[f"hearsay_{name}_total"] <=
                    after["counters"][field]), name
        assert shown["hearsay_ring_checksum"] == int(after["ring"]["checksum"], 16) % 2 ** 52
        assert shown["hearsay_view_digest"] == int(after["digest"], 16) % 2 ** 52
        assert abs(shown["hearsay_agent_start_time_seconds"] -
                   after["process"]["start"] / 1e6) < 0.001
        ring = cluster["n1"].ask("ring")
        own = next(m["share"] for m in ring["members"] if m["name"] == "n1")
        assert abs(shown["hearsay_ring_share_ratio"] - own) < 1e-6
        assert (shown['hearsay_probe_rtt_seconds_bucket{le="+Inf"}'] ==
                shown["hearsay_probe_rtt_seconds_count"] > 0)
        assert shown['hearsay_http_requests_total{code="200",handler="/metrics"}'] > 0
        assert 'hearsay_member_status{member="n2"}' not in shown
        shown = one.samples("?collect[]=members")
        assert shown['hearsay_member_status{member="n2"}'] == 1


def of_an_agent_that_is_gone_only_hearsay_up_remains():
    with Served() as cluster:
        one, _ = cluster.serve(2)
        cluster.wait_agreed()
        assert one.samples()["hearsay_up"] == 1
        agent = cluster["n1"]
        agent.kill()
        wait_until(lambda: one.samples()["hearsay_up"] == 0, 10)
        left = {n for n in series_names(one.scrape()[1]) if n.startswith("hearsay_")}
        assert all(n.startswith(("hearsay_up", "hearsay_serve", "hearsay_http", "hearsay_dns",
                                 "hearsay_view_stale")) for n in left), left
        agent.start([cluster["n2"].addr])
        wait_until(lambda: agent.try_ask("status"), 10)
        started = agent.ask("status")["process"]["start"] / 1e6
        wait_until(lambda: abs(one.samples().get("hearsay_agent_start_time_seconds", 0) -
                               started) < 0.001, 15, one.samples)


def questions_of_the_dns_are_counted():
    with Served() as cluster:
        one, = cluster.serve(1)
        asked = 'hearsay_dns_queries_total{transport="udp",rcode="refused"}'
        assert one.samples()[asked] == 0
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            # the address of a name that is not of our domain: "a."
            sock.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", ("127.0.0.1", one.dns))
            answer = sock.recv(512)
        assert answer[:2] == b"\x12\x34" and answer[3] & 15 == 5, answer
        wait_until(lambda: one.samples()[asked] == 1, 5)


def nobody_waits_for_an_agent_that_hangs():
    with Served() as cluster:
        one, = cluster.serve(1)
        wait_until(lambda: one.samples()["hearsay_up"] == 1, 10)
        cluster["n1"].signal(signal.SIGSTOP)
        wait_until(lambda: one.samples()["hearsay_up"] == 0, 10)
        began = time.monotonic()
        assert one.samples()["hearsay_up"] == 0
        assert time.monotonic() - began < 1
        cluster["n1"].signal(signal.SIGCONT)
        wait_until(lambda: one.samples()["hearsay_up"] == 1, 10)


def large_answers_are_shared_in_each_form():
    net = f"127.{16 + os.getpid() % 200}.0.1:{free_port()}"
    with Swarm(os.environ["HEARSAY_SWARM"], 1500, net, "--profile", "local",
               "--nodes", "40") as crowd:
        crowd.ready()
        with Served() as cluster:
            one, = cluster.serve(1, join=[crowd.addr])
            query = "?collect[]=members"
            wait_until(lambda: one.scrape(query)[1].count("hearsay_member_status{") == 1501, 60)
            for _ in range(2):
                kind, text = one.scrape(query)
                assert kind.startswith("text/plain") and "# EOF" not in text
                assert len(text) > 65536 and text.count("hearsay_member_status{") == 1501
                kind, text = one.scrape(query, Accept=OPENMETRICS)
                assert kind.startswith("application/openmetrics-text")
                assert text.endswith("\n# EOF\n")

            def listed():
                status, kind, groups = one.sd("port=9100")
                return status, kind, len(groups)
            # 503 while too many large answers are being read
            wait_until(lambda: listed() == (200, "application/json", 1501), 10, listed)
            began = time.monotonic()
            one.scrape()
            assert time.monotonic() - began < 1


def targets_are_members():
    with Served() as cluster:
        serves = cluster.serve(3)
        one = serves[0]
        cluster.wait_agreed()
        wait_until(lambda: len(one.sd("port_tag=metrics")[2]) == 3, 10)
        status, kind, groups = one.sd("port_tag=metrics")
        assert (status, kind) == (200, "application/json")
        assert [g["targets"] for g in groups] == [[f"127.0.0.1:{s.metrics}"] for s in serves]
        assert [g["labels"]["__meta_hearsay_name"] for g in groups] == ["n1", "n2", "n3"]
        cluster["n2"].kill()
        cluster.wait_status("n2", "dead", [cluster["n1"]])
        wait_until(lambda: one.sd("port=1&status=dead")[2], 10)
        assert len(one.sd("port=1")[2]) == 3, "a failed member stays"
        cluster["n3"].ask("leave")
        wait_until(lambda: len(one.sd("port=1")[2]) == 2, 10)
        assert one.sd("port=0")[0] == 400
        assert get(one.metrics, "/v1/sd?port=1")[0] == 404, "not on a listener for metrics"


# ---- what is written about it --------------------------------------------------------------------


def the_page_has_each_metric_as_it_is():
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ?(.*?) ?\| (.*) \|$", page, re.M)
    described = {name: (kind, set(re.findall(r"\w+", labels)), words)
                 for name, kind, labels, words in rows}
    with Served() as cluster:
        one, _ = cluster.serve(2)
        cluster.wait_agreed()
        wait_until(lambda: 'hearsay_member_rtt_seconds{member="n2"}' in
                   one.samples("?collect[]=members"), 10)
        shown = families(one.scrape("?collect[]=members")[1])
    for name in shown.keys() | described.keys():
        assert shown.get(name) == described.get(name), (name, shown.get(name), described.get(name))


def expressions():
    """Every expression of rules and dashboard."""
    rules = RULES.read_text(encoding="utf-8")
    found = re.findall(r"^        expr: (?:>-\n((?:          .*\n)+)|(.*)\n)", rules, re.M)
    assert len(found) == rules.count("alert:")
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = [t["expr"] for p in dashboard["panels"] for t in p.get("targets", [])]
    variables = [v["query"]["query"] for v in dashboard["templating"]["list"]
                 if v["type"] == "query"]
    return [a or b for a, b in found], panels, variables


def alerts_and_dashboard_ask_for_what_there_is():
    rules, panels, variables = expressions()
    assert len(panels) > 20 and len(variables) == 2
    with Served() as cluster:
        one, = cluster.serve(1)
        shown = series_names(one.scrape()[1]) | NOT_METRICS
    for text in rules + panels + variables:
        names = set(NAME.findall(re.sub(r'"[^"]*"', '""', text)))
        assert names and names <= shown, (text, names - shown)


def promtool_reads_the_queries_of_the_dashboard():
    with Served() as cluster:
        path = os.path.join(cluster.dir, "queries.yml")
        queries = [q.replace("$__rate_interval", "1m") for q in expressions()[1]]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"groups": [{"name": "queries", "rules": [
                {"record": f"q:{i}", "expr": q} for i, q in enumerate(queries)]}]}, file)
        code, words = promtool("check", "rules", path)
        assert code == 0, words
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"groups": [{"name": "q", "rules": [
                {"record": "q:0", "expr": queries[0] + ")"}]}]}, file)
        assert promtool("check", "rules", path)[0] != 0, "a query that is none is found"


def alerts_do_what_their_tests_say():
    for command in (("check", "rules", RULES), ("check", "config", RULES.parent / "prometheus.yml"),
                    ("test", "rules", HERE / "rules_test.yml")):
        code, words = promtool(*command)
        assert code == 0, words


def each_alert_is_tested_and_described():
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
    tests = (HERE / "rules_test.yml").read_text(encoding="utf-8")
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (Hearsay\w+) \|", page, re.M) == alerts
    for alert in alerts:
        assert f'alertname="{alert}"' in tests, alert


if __name__ == "__main__":
    run_tests([promtool_accepts_what_is_shown, accept_decides_the_form, values_are_those_of_status,
               of_an_agent_that_is_gone_only_hearsay_up_remains, questions_of_the_dns_are_counted,
               nobody_waits_for_an_agent_that_hangs, large_answers_are_shared_in_each_form,
               targets_are_members, the_page_has_each_metric_as_it_is,
               alerts_and_dashboard_ask_for_what_there_is,
               promtool_reads_the_queries_of_the_dashboard, alerts_do_what_their_tests_say,
               each_alert_is_tested_and_described])
