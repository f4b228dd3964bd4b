#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures of docs/img/page-*.png anew, from real agents.

    tests/page/shots.py --build build docs/img

Needs chromium, chromium-driver and pngquant (tools/packages, groups page and shots).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / ".." / "agent"))
from agents import Cluster, free_port, wait_until
from browser import Browser
from serving import Serve
from swarms import Swarm

ZONES = ("east", "west", "north")
SETTLED = 1.2          # seconds after which nothing moves on the page any more
SIZE_MAX = 150 * 1024
LIMIT = 60.0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build", help="the build's directory")
    parser.add_argument("folder", type=pathlib.Path, help="where the pictures go")
    args = parser.parse_args()
    build = pathlib.Path(args.build).resolve()
    os.environ.update(HEARSAYD=str(build / "src/agent/hearsayd"),
                      HEARSAY_SERVE=str(build / "src/serve/hearsay-serve"),
                      HEARSAY_SWARM=str(build / "tools/swarm/hearsay-swarm"))
    if not shutil.which("pngquant"):
        sys.exit("shots.py: pngquant is missing")
    return args


class Shots:
    def __init__(self, browser, folder):
        self.browser, self.folder = browser, folder

    def take(self, name):
        time.sleep(SETTLED)
        path = self.folder / f"page-{name}.png"
        self.browser.shot(path)
        subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", path, "256",
                        path], check=True)
        size = path.stat().st_size
        print(f"{path}: {size / 1024:.0f} KiB", flush=True)
        assert size < SIZE_MAX, "too large"

    def told(self, words):
        self.browser.wait(f"the page does not say: {words}",
                          lambda: words in self.browser.text("#change"), LIMIT)


def few(browser, shots):
    """Twelve members in three zones: one dies; a plan; a phone."""
    with Cluster() as cluster:
        for i in range(12):
            agent = cluster.agent(f"cache-{i + 1:02}", options=[
                "--tag", f"zone={ZONES[i % 3]}", "--tag", f"rack=r{i // 3}"])
            agent.start(join=[cluster.agents[0].addr] if i else [])
        cluster.wait_agreed(LIMIT)
        with Serve(cluster.agents[0]) as serve:
            browser.size(1280, 800)
            browser.prefer(color_scheme="light")
            browser.open(serve.address)
            shots.told("All 12 members are alive")
            cluster["cache-05"].kill()
            shots.told("cache-05 is dead")
            shots.told("moved to")
            shots.take("death")
            browser.press("l", "Home", "Enter")
            shots.take("why")
            browser.prefer(color_scheme="dark")
            browser.press("Escape", "Escape", "l", "Home", "ArrowDown", "ArrowDown", "p")
            shots.take("plan")
            browser.press("Escape", "Escape", "e")
            browser.size(360, 760, 2, phone=True)
            browser.run("document.activeElement.blur(); scrollTo(0, 0);")
            shots.take("phone")


def many(browser, shots):
    """A thousand members, of which one has died."""
    net = f"127.{16 + os.getpid() % 200}.0.1:{free_port()}"
    with Swarm(os.environ["HEARSAY_SWARM"], 999, net).ready(LIMIT) as crowd, \
            Cluster() as cluster:
        agent = cluster.agent("n1").start(join=[crowd.addr])
        wait_until(lambda: (agent.try_ask("status") or {"members": {}})["members"].get("alive")
                   == 1000, LIMIT)
        with Serve(agent) as serve:
            browser.size(1280, 800)
            browser.prefer(color_scheme="light")
            browser.open(serve.address)
            shots.told("All 1,000 members are alive")
            crowd.tell("kill 1")
            shots.told("is dead")
            shots.told("moved to")
            shots.take("thousand")


def main():
    args = parse()
    with Browser() as browser:
        shots = Shots(browser, args.folder)
        few(browser, shots)
        many(browser, shots)


main()
