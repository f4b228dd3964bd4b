# SPDX-License-Identifier: Apache-2.0
"""The page of hearsay-serve in a real browser, with real agents: what a person sees and does."""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))

from agents import Cluster, Skip, free_port, log_time, run_tests, wait_until
from browser import CHROMIUM, DRIVER, Browser
from serving import Serve
from swarms import Swarm

MANY = 200   # members whose table has more rows than can be seen, and whose ring is not told
SOON = 2.0   # seconds in which a person is to see what has changed, and why
HOSTILE = {"a": "<img src=x onerror=document.title='broken'>", "b": "</script><b id=broken>",
           "c": "\"'><svg/onload=alert(1)>", "d": "javascript:alert(1)", "e": "&lt;i&gt;${1}`"}
PICTURE = "return document.getElementById('ring-canvas').toDataURL()"
STOPS = ["BUTTON", "BUTTON", "BUTTON", "help-open", "ring-canvas", "filter", "grid", "BUTTON",
         "BUTTON", "BUTTON", "BUTTON", "BUTTON", "BUTTON", "BUTTON", "tab-events", "all", "events"]


class Scene:
    """Three agents, hearsay-serve beside the first of them, and a browser at its page."""

    def __init__(self, count=3, tags=(), settings=()):
        self.cluster = Cluster(settings)
        self.agents = self.cluster.start(count, options=[w for tag in tags for w in ("--tag", tag)])
        self.serve = Serve(self.agents[0])
        self.browser = None

    def __enter__(self):
        self.cluster.wait_agreed()
        self.serve.start()
        self.browser = Browser()
        self.look()
        return self

    def __exit__(self, kind, error, trace):
        self.browser.close()
        self.serve.close()
        self.cluster.__exit__(kind, error, trace)

    def look(self):
        """Opens the page and waits for its members."""
        self.browser.open(self.serve.address)
        self.browser.wait("no members on the page", lambda: self.rows() != {})
        return self

    def rows(self):
        """{name: status} of the rows that can be seen."""
        return dict(self.browser.run("""
            return [...document.querySelectorAll('#rows .row:not([hidden])')].map(r =>
                [r.querySelector('.name .text').textContent,
                 r.querySelector('.status').textContent]);"""))

    def row(self, name):
        """The words of a row, its mark first."""
        rows = self.browser.run("""
            return [...document.querySelectorAll('#rows .row:not([hidden])')]
                .map(r => r.innerText.split(/\\s+/));""")
        return next(" ".join(row) for row in rows if name in row)

    def sentence(self):
        return self.browser.text("#sentence")

    def told(self, pattern, limit=20.0):
        """Waits for the sentence; returns the time at which it was seen."""
        self.browser.wait(f"no sentence {pattern}: {self.sentence()}",
                          lambda: re.search(pattern, self.sentence()), limit)
        return time.time()

    def warned(self, pattern, limit=10.0):
        self.browser.wait(f"no warning {pattern}: {self.browser.text('#warning')}",
                          lambda: re.search(pattern, self.browser.text("#warning")), limit)

    def calm(self):
        """The page is live and warns of nothing."""
        self.browser.wait(f"still {self.browser.text('#link')} {self.browser.text('#warning')}",
                          lambda: self.browser.text("#warning") == "" and self.browser.run(
                              "return document.getElementById('link').dataset.state") == "live", 20)

    def quiet_console(self):
        said = self.browser.console()
        assert not said, said


def percent(text):
    return float(re.sub(r"[^\d.]", "", text))


def drawn(browser):
    """How many colours there are on the ring: more than none."""
    return browser.run("""
        const c = document.getElementById('ring-canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, seen = new Set();
        for (let i = 0; i < d.length; i += 4 * 97)
            if (d[i + 3] > 200) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]);
        return seen.size;""")


def pattern(browser, agent, name):
    """How often light and dark alternate along the segment of a member, seen without colours."""
    shares = [(m["name"], m["share"]) for m in sorted(agent.ask("ring")["members"],
                                                      key=lambda m: m["name"])]
    begin = sum(share for other, share in shares if other < name)
    return browser.run("""
        const [begin, share] = arguments, c = document.getElementById('ring-canvas');
        const copy = new OffscreenCanvas(c.width, c.height), half = c.width / 2, steps = 400;
        const pen = copy.getContext('2d', { willReadFrequently: true });
        pen.drawImage(c, 0, 0);
        let changes = 0, before = null;
        for (let i = 0; i < steps; i++) {
            const turn = 2 * Math.PI * (begin + share * (0.2 + 0.6 * i / steps)) - Math.PI / 2;
            const [r, g, b] = pen.getImageData(half + 0.86 * half * Math.cos(turn),
                half + 0.86 * half * Math.sin(turn), 1, 1).data;
            const light = 0.3 * r + 0.6 * g + 0.1 * b;
            if (before !== null && Math.abs(light - before) > 25) changes++;
            before = light;
        }
        return changes;""", begin, dict(shares)[name])


# ---- what is shown --------------------------------------------------------------------------


def three_members_are_shown():
    with Scene(tags=["rack=r12"]) as scene:
        browser = scene.browser
        assert scene.rows() == {"n1": "alive", "n2": "alive", "n3": "alive"}, scene.rows()
        assert scene.sentence() == "All 3 members are alive.", scene.sentence()
        assert browser.text("#centre-big") == "3"
        assert browser.text("#counts").split() == ["●3", "alive", "▲0", "suspect", "✕0", "dead"]
        assert browser.run("return document.title") == "3 alive · hearsay"
        assert "seen by n1" in browser.text("#where")
        browser.wait("no ring is drawn", lambda: drawn(browser) >= 3)
        shares = {m["name"]: m["share"] for m in scene.agents[0].ask("ring")["members"]}
        for row in browser.run("return [...document.querySelectorAll('#rows .row:not([hidden])')]"
                               ".map(r => [...r.children].map(c => c.innerText))"):
            name = row[0].split()[1]
            assert abs(percent(row[4]) - 100 * shares[name]) < 0.006, (row, shares)
            assert row[2] == scene.cluster[name].addr and row[6] == "rack=r12", row
        checksum = scene.agents[0].ask("ring")["checksum"]
        assert checksum in browser.text("#ring-facts"), browser.text("#ring-facts")
        scene.quiet_console()


def a_kill_is_told_with_its_reason():
    with Scene() as scene:
        watcher, mark = scene.agents[0], scene.agents[0].mark()
        scene.browser.run("""
            window.marked = 0;
            new MutationObserver(() => {
                window.marked += document.querySelectorAll('.keeps:not([hidden])').length;
            }).observe(document.getElementById('rows'), { subtree: true, attributes: true });""")
        scene.cluster["n3"].kill_both()
        seen = scene.told(r"n3 is suspected: nothing listens at its port")
        logged = log_time(watcher.events_since(mark, "member", name="n3", to="suspect")[0]["time"])
        assert seen - logged < SOON, seen - logged
        seen = scene.told(r"n3 is dead: nothing listens at its port any more\.")
        logged = log_time(watcher.events_since(mark, "member", name="n3", to="dead")[0]["time"])
        assert seen - logged < SOON, seen - logged
        scene.browser.wait("not said what moved",
                           lambda: "moved to" in scene.browser.text("#moved"), SOON)
        assert scene.browser.run("return window.marked") == 0, "said to keep keys that moved"
        assert "ccused by n" in scene.browser.text("#evidence")
        diff = watcher.ask("ring-diff")
        shown = re.findall(r"([\d.]+)\s%", scene.browser.text("#moved"))
        gained = sorted((m["gained"] for m in diff["members"]), reverse=True)
        for text, part in zip(shown, [diff["moved"], *gained]):
            assert abs(float(text) - 100 * part) < 0.06, (shown, diff)
        assert scene.rows()["n3"] == "dead" and scene.browser.text("#centre-big").startswith(
            shown[0]), scene.browser.text("#centre")
        assert scene.browser.run("return document.title") == "1 dead, 2 alive · hearsay"
        events = scene.browser.text("#events")
        assert events.count("n3 is") == 2 and "Ring " in events, events
        scene.quiet_console()


def who_is_dead_and_keeps_its_keys_is_marked():
    """R62: a hold of the ring, and the return within it."""
    with Scene(settings=["--ring-hold", "50s"]) as scene:
        browser, watcher, last = scene.browser, scene.agents[0], scene.cluster["n3"]
        kept = "n3 keeps its keys until its death is 50\u202fs old (ring-hold)."
        browser.wait("no ring is drawn", lambda: drawn(browser) >= 3)
        assert scene.row("n3").startswith("● n3 alive"), scene.row("n3")
        assert pattern(browser, watcher, "n3") < 4
        last.kill()
        scene.told(r"n3 is dead: its process has ended\.")
        browser.wait("not said why no key has moved", lambda: browser.text("#moved") ==
                     f"No key has moved. {kept}", SOON)
        assert scene.row("n3").startswith("⊗ n3 keeps its keys dead"), scene.row("n3")
        assert browser.text("#ring-facts").endswith("1 dead keeps its keys")
        assert browser.text("#centre-more") == "on the ring, 1 dead"
        for scheme in ("dark", "light"):
            browser.prefer(color_scheme=scheme)
            browser.wait(f"no pattern, {scheme}",
                         lambda: pattern(browser, watcher, "n3") > 20 and
                         pattern(browser, watcher, "n2") < 4)
        browser.press("l", "Home", "Enter")
        browser.wait("the tray does not say it", lambda: kept in browser.text("#why"))
        browser.press("r", "End")
        told = browser.run("return document.activeElement.getAttribute('aria-valuetext')")
        assert told.startswith("n3, dead, keeps its keys, "), told
        last.start(join=[watcher.addr])
        scene.told(r"n3 is back")
        browser.wait("still marked", lambda: scene.row("n3").startswith("● n3 alive"))
        browser.wait("the tray still says it", lambda: "keeps" not in browser.text("#why"))
        assert "keep" not in browser.text("#ring-facts") + browser.text("#change")
        browser.wait("still a pattern", lambda: pattern(browser, watcher, "n3") < 4)
        scene.quiet_console()


def the_end_of_a_hold_is_told():
    with Scene(settings=["--ring-hold", "8s"]) as scene:
        browser = scene.browser
        scene.cluster["n3"].kill()
        browser.wait("not marked", lambda: scene.row("n3").startswith("⊗ n3 keeps its keys"), 7)
        browser.press("l", "Home", "Enter")
        browser.wait("the tray does not say it", lambda: "keeps its" in browser.text("#why"), 5)
        scene.told(r"n3 has lost its keys\.")
        browser.wait("not said what moved", lambda: "moved to" in browser.text("#moved"), SOON)
        browser.wait("still marked", lambda: scene.row("n3").startswith("✕ n3 dead"), SOON)
        browser.wait("the tray still says it", lambda: "keeps" not in browser.text("#why"), SOON)
        assert "keep" not in browser.text("#ring-facts") + browser.text("#change")
        scene.cluster["n3"].start(join=[scene.agents[0].addr])
        scene.told("n3 is back", 10)  # what is over is not told before it
        scene.quiet_console()


def goodbyes_and_returns_are_told():
    with Scene() as scene:
        agents = scene.cluster
        agents["n3"].signal(signal.SIGTERM)
        scene.told(r"n3 has left: it said goodbye\.")
        agents["n3"].wait_exit()
        agents["n3"].start(join=[scene.agents[0].addr])
        scene.told(r"n3 is back, as a new process\.")
        agents["n2"].signal(signal.SIGSTOP)
        scene.told(r"n2 is suspected: it does not answer\.")
        agents["n2"].signal(signal.SIGCONT)
        scene.told(r"n2 is alive after all: it has answered the suspicion\.")
        scene.agents[0].ask("tags-set", tags={"role": "cache"})
        scene.browser.press("/", "r", "o", "l", "e", "=")
        scene.browser.wait("the new tag is not shown", lambda: scene.rows() == {"n1": "alive"})
        scene.quiet_console()


def what_others_say_is_only_text():
    with Scene(tags=[f"{k}={v}" for k, v in HOSTILE.items()]) as scene:
        browser = scene.browser
        browser.press("l", "Enter")
        browser.wait("no trail", "return document.querySelectorAll('.trail li').length > 0")
        shown = browser.text("#why")
        for key, value in HOSTILE.items():
            assert f"{key}={value}" in shown, shown
        assert browser.run("return !document.getElementById('broken') && "
                           "document.querySelectorAll('img, svg, b[id]').length === 0")
        assert "broken" not in browser.run("return document.title")
        scene.quiet_console()


def the_policy_is_strict():
    with Scene() as scene:
        browser = scene.browser
        status, headers, page = scene.serve.get("/")
        policy = headers["Content-Security-Policy"]
        assert status == 200, status
        assert headers["Content-Type"] == "text/html; charset=utf-8", headers["Content-Type"]
        assert "unsafe" not in policy and "default-src 'none'" in policy, policy
        assert re.search(r"script-src 'sha256-[^']+';", policy), policy
        assert not re.search(rb"""(?:src|href)=["']?(?:https?:)?//""", page)
        assert browser.run("""
            const s = document.createElement('script');
            try { s.textContent = 'document.title = "broken"'; } catch { return true; }
            document.head.append(s);
            return document.title !== 'broken';""")
        assert browser.run("""
            try { document.body.innerHTML = '<p>x</p>'; return false; } catch { return true; }""")
        said = browser.console()
        assert said and all("Content Security Policy" in line["message"] or
                            "TrustedHTML" in line["message"] or
                            "TrustedScript" in line["message"] for line in said), said


def pieces_are_those_of_the_agent():
    with Cluster() as cluster:
        agents = cluster.start(3)
        cluster.wait_agreed()
        with Serve(agents[0]) as serve:
            served, asked = serve.ask("/v1/ring?ranges=true"), agents[0].ask("ring", ranges=True)
            assert served["ranges"] == asked["ranges"] and len(served["ranges"]) > 100
            assert "ranges" not in serve.ask("/v1/ring")
            assert serve.get("/v1/ring?ranges=true&n=2")[0] == 400
            assert serve.get("/v1/ring?ranges=perhaps")[0] == 400


def many_members_cost_no_more():
    net = f"127.{16 + os.getpid() % 200}.0.1:{free_port()}"
    with Swarm(os.environ["HEARSAY_SWARM"], MANY - 1, net).ready() as crowd, \
            Cluster() as cluster:
        agent = cluster.agent("n1").start(join=[crowd.addr])
        wait_until(lambda: (agent.try_ask("status") or {"members": {}})["members"].get("alive")
                   == MANY, 60)
        with Serve(agent) as serve, Browser() as browser:
            assert serve.get("/v1/ring?ranges=true")[0] == 400  # more tokens than are told
            browser.open(serve.address)
            browser.wait("not all are counted", lambda: browser.text("#centre-big") == str(MANY))
            count = "return document.querySelectorAll('#rows .row').length"
            rows = browser.run(count)
            assert rows < 40, rows
            browser.press("l", "End")
            browser.wait("the last one is not shown", lambda: f"s{MANY - 2:05}" in browser.run(
                "return document.getElementById(document.getElementById('grid')"
                ".getAttribute('aria-activedescendant')).textContent"))
            assert browser.run(count) < 40
            browser.press("/", *"s00007")
            browser.wait("not filtered",
                         lambda: browser.text("#shown") == f"1 of {MANY}")
            crowd.tell("kill s00100")
            browser.wait("not told", lambda: "s00100 is dead" in browser.text("#sentence"), 30)
            browser.wait("nothing moved", lambda: re.search(
                r"moved to \d+ members", browser.text("#moved")), 5)
            browser.wait("not drawn", lambda: "have moved" in browser.text("#centre"))
            said = browser.console()
            assert not said, said


# ---- what is asked --------------------------------------------------------------------------


def enter_asks_why():
    with Scene() as scene:
        scene.cluster["n3"].kill_both()
        scene.told("n3 is dead")
        browser = scene.browser
        browser.press("l")
        browser.wait("the table has no focus", lambda: browser.focus() == "grid")
        browser.press("Home", "Enter")
        browser.wait("no verdict in the trail",
                     lambda: "declared it dead" in browser.text("#why") or
                     "accused it" in browser.text("#why"))
        shown = browser.text("#why")
        assert "n3" in shown and "port closed" in shown and "dead for" in shown, shown
        assert browser.focus() == "why"
        browser.press("Escape")
        while browser.focus() != "grid":  # the change on the ring takes a step of its own
            browser.press("Escape")
        assert "n3 is dead" in browser.text("#events")
        scene.quiet_console()


def a_plan_is_drawn():
    with Scene() as scene:
        browser, plan = scene.browser, scene.agents[0].ask("ring-plan", remove=["n2"])
        before = browser.run(PICTURE)
        browser.press("l", "Home", "ArrowDown", "p")
        browser.wait("no plan", lambda: "If n2 goes:" in browser.text(".plan"))
        numbers = [float(n) for n in re.findall(r"([\d.]+)\s%", browser.text(".plan"))]
        gained = sorted((m["gained"] for m in plan["members"]), reverse=True)
        assert abs(numbers[0] - 100 * plan["moved"]) < 0.06, (numbers, plan)
        assert abs(numbers[1] - 100 * gained[0]) < 0.06, (numbers, plan)
        assert "would move" in browser.text("#centre"), browser.text("#centre")
        browser.wait("nothing is drawn", lambda: browser.run(PICTURE) != before)
        browser.press("Escape")
        browser.wait("the plan stays", lambda: browser.text(".plan") == "" and
                     "would move" not in browser.text("#centre"))
        scene.quiet_console()


def the_keyboard_is_enough():
    with Scene() as scene:
        browser = scene.browser
        seen = []
        for _ in STOPS:
            browser.press("Tab")
            seen.append(browser.focus())
            assert browser.run("""
                const s = getComputedStyle(document.activeElement);
                return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1;"""), seen
        assert seen == STOPS, seen
        browser.press("Shift+Tab", "Shift+Tab")
        assert browser.focus() == "tab-events"
        browser.press("ArrowRight")
        assert browser.focus() == "tab-why"
        browser.press("e")
        assert browser.focus() == "events"
        browser.press("?")
        assert "these shortcuts" in browser.text("#help")
        browser.press("Escape")
        browser.wait("the help stays", lambda: browser.text("#help") == "")
        browser.press("r", "ArrowRight")
        told = browser.run("return document.activeElement.getAttribute('aria-valuetext')")
        assert told.startswith("n2, alive,"), told
        assert "n2" in browser.text("#centre-name")
        browser.press("Enter")
        browser.wait("no trail", lambda: "n2" in browser.text(".why-head"))
        browser.press("/", *"N3")
        browser.wait("not filtered", lambda: list(scene.rows()) == ["n3"])
        browser.press("ArrowDown")
        assert browser.run("return document.getElementById(document.getElementById('grid')"
                           ".getAttribute('aria-activedescendant')).textContent").find("n3") >= 0
        browser.press("/", "Escape")
        browser.wait("still filtered", lambda: len(scene.rows()) == 3)
        scene.quiet_console()


# ---- bad times ------------------------------------------------------------------------------


def last_words_are_told():
    with Scene() as scene:
        scene.cluster["n3"].kill()
        scene.told(r"n3 is dead: its process has ended\.")
        browser = scene.browser
        browser.press("l")
        browser.wait("the table has no focus", lambda: browser.focus() == "grid")
        browser.press("Home", "Enter")
        browser.wait("no verdict in the trail", lambda: "declared it dead" in browser.text("#why"))
        shown = browser.text("#why")
        assert "its witness" in shown and "by its last words" in shown, shown


def a_lost_connection_is_said_and_resumed():
    with Scene() as scene:
        scene.serve.kill()
        scene.warned(r"connection to hearsay-serve is lost.*\d+\ss ago")
        scene.cluster["n3"].kill()
        scene.cluster.wait_status("n3", "dead", [scene.agents[0]])
        assert scene.rows()["n3"] == "alive"
        scene.serve.start()
        scene.calm()
        scene.told("n3 is dead")
        assert scene.rows()["n3"] == "dead"
        scene.cluster["n2"].kill_both()  # and it goes on
        scene.browser.wait("no line about n2",
                           lambda: "n2 is suspected" in scene.browser.text("#events"), 20)


def a_restart_of_the_agent_is_said():
    with Scene() as scene:
        agent = scene.agents[0]
        agent.kill()
        scene.warned(r"n1 does not answer|n1 is silent", 15)
        agent.start(join=[scene.cluster["n2"].addr])
        scene.warned("n1 was started again", 30)
        scene.browser.wait("not all alive",
                           lambda: scene.rows() == {"n1": "alive", "n2": "alive", "n3": "alive"})


def a_stopped_agent_is_said():
    with Scene() as scene:
        scene.agents[0].signal(signal.SIGSTOP)
        scene.warned("n1 is silent", 5)
        scene.warned("n1 does not answer", 15)
        scene.agents[0].signal(signal.SIGCONT)
        scene.calm()


def who_has_not_joined_is_said():
    with Cluster() as cluster:
        seed = cluster.agent("n1")  # not started: its port is silent
        agent = cluster.agent("n2").start(join=[seed.addr])
        wait_until(lambda: agent.try_ask("status"), 10, lambda: "no agent")
        with Serve(agent) as serve, Browser() as browser:
            browser.open(serve.address)
            browser.wait("no warning", lambda: "n2 has not joined" in browser.text("#warning"))
            seed.start()
            browser.wait("still warned", lambda: browser.text("#warning") == "", 30)


# ---- other eyes -----------------------------------------------------------------------------


def a_phone_has_no_sideways_scroll():
    with Scene(tags=["a-rather-long-tag-key=" + "long-value-" * 8, "zone=eu-central-1a"]) as scene:
        browser = scene.browser
        browser.size(360, 780, 2, phone=True)
        scene.look()
        for keys in ([], ["l", "Enter"], ["p"], ["?"]):
            if keys:
                browser.press(*keys)
            wide = browser.run("""
                const beyond = [...document.querySelectorAll('body *')].filter(e =>
                    e.checkVisibility() && !e.closest('.unseen') &&
                    e.getBoundingClientRect().right > innerWidth + 0.5);
                return [document.documentElement.scrollWidth - innerWidth,
                    beyond.map(e => e.id || e.className || e.tagName)];""")
            assert wide == [0, []], (keys, wide)
        scene.quiet_console()


def dark_and_light_and_still():
    with Scene() as scene:
        browser = scene.browser
        grounds = []
        for scheme in ("light", "dark"):
            browser.prefer(color_scheme=scheme)
            grounds.append(browser.run(
                "return getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g)"))
        light, dark = [sum(float(n) for n in ground[:3]) for ground in grounds]
        assert light > 600 and dark < 150, grounds
        browser.prefer(reduced_motion="reduce")
        browser.press("l", "Home", "p")
        browser.wait("no plan", lambda: browser.text(".plan") != "")
        frames = {browser.run(PICTURE) for _ in range(10)}
        assert len(frames) == 1, f"{len(frames)} pictures within one change"
        scene.quiet_console()


def main():
    if not CHROMIUM or not DRIVER:
        def the_page():
            raise Skip("chromium and chromedriver are not here")
        run_tests([the_page])
    run_tests([
        three_members_are_shown, a_kill_is_told_with_its_reason,
        who_is_dead_and_keeps_its_keys_is_marked, the_end_of_a_hold_is_told,
        goodbyes_and_returns_are_told,
        what_others_say_is_only_text, the_policy_is_strict, pieces_are_those_of_the_agent,
        many_members_cost_no_more, enter_asks_why, a_plan_is_drawn, the_keyboard_is_enough,
        last_words_are_told, a_lost_connection_is_said_and_resumed, a_restart_of_the_agent_is_said,
        a_stopped_agent_is_said, who_has_not_joined_is_said, a_phone_has_no_sideways_scroll,
        dark_and_light_and_still])


main()
