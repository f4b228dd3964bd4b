# SPDX-License-Identifier: Apache-2.0
"""Prometheus itself finds a cluster through /v1/sd, scrapes it, and its alerts fire."""
from agents import run_tests, wait_until
from prometheus import Prometheus, Served


def url_of(serve):
    return f"http://127.0.0.1:{serve.port}/v1/sd?port_tag=metrics"


def a_cluster_is_found_and_its_alerts_fire():
    with Served() as cluster:
        first, *_ = cluster.serve(5)
        cluster.wait_agreed()
        with Prometheus(cluster.dir, [url_of(first)]) as server:
            names = {f"n{i}": "up" for i in range(1, 6)}
            wait_until(lambda: server.targets() == names, 30, server.targets)
            wait_until(lambda: server.api("query?query=count(hearsay_up==1)")["result"], 30)
            wait_until(lambda: not server.alerts(), 60, server.alerts)
            agent = cluster["n5"]
            agent.kill()
            expected = {("HearsayAgentDown", "n5"), ("HearsayMemberFailed", "hearsay")}
            wait_until(lambda: expected <= server.alerts(), 60, server.alerts)
            assert "n5" in server.targets(), "a failed member stays a target"
            agent.start([cluster["n1"].addr], ["--tag", f"metrics={cluster.serves[4].metrics}"])
            wait_until(lambda: not expected & server.alerts(), 60, server.alerts)


def two_that_disagree_are_told():
    with Served() as cluster:
        one, other = cluster.serve(2, join=[])
        with Prometheus(cluster.dir, [url_of(one), url_of(other)]) as server:
            wait_until(lambda: server.targets() == {"n1": "up", "n2": "up"}, 30, server.targets)
            expected = ("HearsayRingsDiffer", "hearsay")
            wait_until(lambda: expected in server.alerts(), 60, server.alerts)
            cluster["n2"].ask("join", addrs=[cluster["n1"].addr], timeout=20)
            cluster.wait_agreed()
            wait_until(lambda: expected not in server.alerts(), 60, server.alerts)


if __name__ == "__main__":
    run_tests([a_cluster_is_found_and_its_alerts_fire, two_that_disagree_are_told])
