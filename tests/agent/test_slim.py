#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a witness (R60) gives back of the memory that it was copied with, and that it can speak
without. A sanitizer keeps its own state there, so a sanitized witness gives nothing back."""
import os

from agents import Cluster, Skip, run_tests, wait_until
from prepared import LIMIT, ends_by_its_own_word, joined, prepared
from witness import anonymous_kib, is_gone, is_sanitized, witness_of

FAST = ["--profile", "local"]
ANONYMOUS_MAX_KIB = 88  # it is 66; without parts/slim.c more than 130


def dies_and_is_told(agents):
    witness = witness_of(agents[-1])
    agents[-1].kill()
    ends_by_its_own_word(agents[:-1], agents[-1].name)
    wait_until(lambda: is_gone(witness), LIMIT)


def test_a_witness_keeps_little():
    with Cluster(FAST) as cluster:
        agents = joined(cluster, 3)
        if is_sanitized(agents[0].proc.pid):
            raise Skip("sanitized")
        pid = witness_of(agents[-1])
        wait_until(lambda: anonymous_kib(pid) <= ANONYMOUS_MAX_KIB, 2,
                   lambda: f"{anonymous_kib(pid)} KiB")
        dies_and_is_told(agents)


def test_with_a_library_between_it_keeps_all_and_speaks():
    with Cluster(FAST) as cluster:
        if is_sanitized(cluster.agent("alone").start().proc.pid):
            raise Skip("sanitized")
    with Cluster(FAST) as cluster:
        agents = [cluster.agent(f"n{i}", env={"LD_PRELOAD": os.environ["HEARSAY_BETWEEN"]})
                  for i in range(1, 4)]
        for agent in agents:
            agent.start(join=[agents[0].addr])
        cluster.wait_agreed(20)
        prepared(agents)
        assert anonymous_kib(witness_of(agents[-1])) > ANONYMOUS_MAX_KIB
        dies_and_is_told(agents)


if __name__ == "__main__":
    run_tests([test_a_witness_keeps_little, test_with_a_library_between_it_keeps_all_and_speaks])
