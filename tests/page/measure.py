#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How soon the page shows a ring, and how smooth it stays while members die, in a headless Chromium
that draws without a graphics card.

    tests/page/measure.py --build build 3 100 1000

Up to ten members are real agents. Of more, one is, and the others live in hearsay-swarm. `first
paint` and `ring` count from the start of navigation; `ring` is when the members' ring has been
drawn. Then members are killed one by one. `told` is the greatest time from the line of the agent's
log that says so until the page says it. Each frame is timed from the kill until the page has said
and drawn what moved; `CPU` is what the page's thread needed for all of that. `calm` is the longest
frame of 5 s in which nobody dies.
"""
import argparse
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / ".." / "agent"))
from agents import Cluster, free_port, log_time, wait_until
from browser import Browser
from serving import Serve
from swarms import Swarm

DEATHS, OPENINGS = 5, 5
AGENTS_MAX = 10     # more members than that live in a swarm
CALM = 5.0          # seconds in which nothing happens
DRAWN = 1.0         # seconds in which a change is drawn
READY_LIMIT, VERDICT_LIMIT = 120.0, 30.0
FRAMES = """
window.frames = [];
window.recording = true;
(function next(before) {
    requestAnimationFrame((now) => {
        if (before) window.frames.push(now - before);
        if (window.recording) next(now);
    });
})(0);"""
TOLD = """
window.told = 0;
new MutationObserver((changes, observer) => {
    if (!document.getElementById("sentence").textContent.includes(" is dead")) return;
    window.told = Date.now();
    observer.disconnect();
}).observe(document.getElementById("sentence"),
           {childList: true, characterData: true, subtree: true});"""
RECORDED = "window.recording = false; return window.frames;"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build", help="the build's directory")
    parser.add_argument("members", nargs="*", type=int, default=[3, 100, 1000])
    args = parser.parse_args()
    build = pathlib.Path(args.build).resolve()
    os.environ.update(HEARSAYD=str(build / "src/agent/hearsayd"),
                      HEARSAY_SERVE=str(build / "src/serve/hearsay-serve"),
                      HEARSAY_SWARM=str(build / "tools/swarm/hearsay-swarm"))
    return args


def openings(browser, address):
    """[(first paint, ring)] in milliseconds."""
    found = []
    for _ in range(OPENINGS):
        browser.open("about:blank").open(address)
        browser.wait("no ring", "return performance.getEntriesByName('ring').length", 30)
        found.append(browser.run("""
            const at = (name) => performance.getEntriesByName(name)[0].startTime;
            return [at('first-contentful-paint'), at('ring')];"""))
    return found


def kill_of_swarm(crowd):
    mark = crowd.mark()
    crowd.tell("kill 1")
    wait_until(lambda: crowd.told("killed", mark), 5)
    return crowd.told("killed", mark)[0]["name"]


def death(agent, browser, kill):
    """([milliseconds of each frame], milliseconds of CPU time, milliseconds from the log's line
    to the page's) around one death."""
    browser.run(FRAMES)
    browser.run(TOLD)
    began = spent(browser)
    victim = kill()
    browser.wait(f"{victim} is not told", lambda: f"{victim} is dead" in browser.text("#events")
                 and "moved to" in browser.text("#moved"), VERDICT_LIMIT)
    time.sleep(DRAWN)
    line = agent.events("member", name=victim, to="dead")[-1]
    told = browser.run("return window.told;") - 1000 * log_time(line["time"])
    return browser.run(RECORDED), spent(browser) - began, told


def spent(browser):
    """Milliseconds of CPU time that the page's thread has used."""
    metrics = browser.devtools("Performance.getMetrics")["metrics"]
    return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")


def calm(browser):
    """The same while nothing happens: what this machine can do."""
    browser.run(FRAMES)
    time.sleep(CALM)
    return browser.run(RECORDED)


def watch(agent, kill, revive):
    """(openings, frames of calm, deaths) of one agent's page."""
    with Serve(agent) as serve, Browser() as browser:
        browser.devtools("Performance.enable", timeDomain="threadTicks")
        opened, deaths = openings(browser, serve.address), []
        still = calm(browser)
        for _ in range(DEATHS):
            deaths.append(death(agent, browser, kill))
            revive()
    return opened, still, deaths


def among_agents(members):
    with Cluster() as cluster:
        agents = cluster.start(members)
        cluster.wait_agreed()

        def kill():
            agents[-1].kill()
            return agents[-1].name

        def revive():
            agents[-1].start(join=[agents[0].addr])
            cluster.wait_agreed(20)

        return watch(agents[0], kill, revive)


def among_swarm(members):
    net = f"127.{16 + os.getpid() % 200}.0.1:{free_port()}"
    with Swarm(os.environ["HEARSAY_SWARM"], members - 1, net).ready(READY_LIMIT) as crowd, \
            Cluster() as cluster:
        agent = cluster.agent("n1").start(join=[crowd.addr])
        wait_until(lambda: (agent.try_ask("status") or {"members": {}})["members"].get("alive")
                   == members, READY_LIMIT)
        return watch(agent, lambda: kill_of_swarm(crowd), lambda: None)


def measure(members):
    opened, still, deaths = (among_agents if members <= AGENTS_MAX else among_swarm)(members)
    paint, ring = (statistics.median(times) for times in zip(*opened))
    longest = [max(frames) for frames, _, _ in deaths]
    late = sum(f > 50 for frames, _, _ in deaths for f in frames)
    cpu = statistics.median(cpu for _, cpu, _ in deaths)
    told = max(told for _, _, told in deaths)
    print(f"{members:7,} {paint:9.0f} ms {ring:6.0f} ms {max(still):5.0f} ms "
          f"{statistics.median(longest):11.0f} ms "
          f"{max(longest):7.0f} ms {cpu:6.0f} ms {told:6.0f} ms {late:5} of "
          f"{sum(len(f) for f, _, _ in deaths)}",
          flush=True)


def main():
    args = parse()
    print("members  first paint      ring     calm  longest frame      worst       CPU      told  "
          "above 50 ms")
    for members in args.members:
        measure(members)


main()
