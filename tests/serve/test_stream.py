# SPDX-License-Identifier: Apache-2.0
"""Ten thousand changes on a stream of events that is cut at random moments: each is seen exactly
once, or `resync` says that some are missing. The server is killed and started again meanwhile, too.
"""
import os
import random
import threading

from agents import run_tests, wait_until
from test_http import Stream, begun

CHANGES = 10_000
CUT_SHARE = 0.02      # of reads, after which the stream is cut
LONG_SHARE = 0.05     # of cuts, during which more changes than are remembered may go by
LONG_CHANGES = 1500   # the server remembers 1,024
KILLS = 3


def change(agent, done):
    for value in range(CHANGES):
        assert agent.ask("tags-set", tags={"v": str(value)})["ok"]
        done[0] = value + 1


class Watcher:
    """Follows the stream over its cuts, and holds it to its promise."""

    def __init__(self, client):
        self.client, self.last, self.number = client, None, None
        self.members = self.resyncs = self.cuts = 0
        self.newest = None

    def take(self, events):
        for identity, kind, data in events:
            if kind == "resync":
                self.resyncs += 1
                self.number = None
            if identity is None:
                continue
            number = int(identity.rsplit("-", 1)[1])
            if kind in ("member", "ring", "event", "gone"):
                assert self.number is None or number == self.number + 1, \
                    f"{identity} ({kind}) follows {self.number}"
            self.number = number
            if kind == "member":
                self.members += 1
                self.newest = data["member"]["tags"].get("v")

    def follow(self, source, done, kill):
        kills = 0
        while self.newest != str(CHANGES - 1):
            stream = Stream(self.client, self.last)
            while self.newest != str(CHANGES - 1) and source.random() > CUT_SHARE:
                if not stream.read(0.2):
                    break
                self.take(stream.events)
                stream.events = []
                self.last = stream.last
            stream.close()
            self.cuts += 1
            if source.random() < LONG_SHARE:
                until = min(CHANGES, done[0] + LONG_CHANGES)
                wait_until(lambda until=until: done[0] >= until, 60)
            if kills < KILLS and done[0] > CHANGES * (kills + 1) // (KILLS + 1):
                kill()
                kills += 1


def ten_thousand_changes_are_seen_once_or_said_to_be_missing():
    seed = int(os.environ.get("HEARSAY_SEED") or random.SystemRandom().randrange(1 << 32))
    cluster, client = begun(1)
    with cluster:
        watcher, done, serve = Watcher(client), [0], cluster.serves[0]

        def kill():
            serve.kill()
            serve.start()
            wait_until(lambda: serve_answers(client), 10)
        first = Stream(client)
        first.wait(lambda: first.events)
        watcher.take(first.events)
        watcher.last = first.last
        first.close()
        thread = threading.Thread(target=change, args=(cluster["n1"], done), daemon=True)
        thread.start()
        watcher.follow(random.Random(seed), done, kill)
        thread.join(60)
        print(f"# seed {seed}: {watcher.cuts} cuts, {watcher.members} changes seen, "
              f"{watcher.resyncs} times resync")
        assert watcher.members <= CHANGES
        assert watcher.members == CHANGES or watcher.resyncs > 0
        assert watcher.resyncs >= KILLS


def serve_answers(client):
    try:
        return client.ask("/readyz")[0] == 200
    except OSError:
        return False


if __name__ == "__main__":
    run_tests([ten_thousand_changes_are_seen_once_or_said_to_be_missing])
