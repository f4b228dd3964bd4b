# SPDX-License-Identifier: Apache-2.0
"""The keys of a soak: a key file for each agent, and rotations of the cluster's key as
docs/operations.md describes them, in three reloads. Each agent gets its new file at a moment of its
own, so that for a while the cluster has both. An agent that is down finds the new file when it
starts, and one that is stopped reloads when it goes on.
"""
import base64
import os
import random
import signal

from plan import Step

WINDOW = 20.0  # seconds within which all get the files of a stage
LEAST = 3 * 60   # seconds of a rotation: no stage begins before the longest pause of the last


class Keys:
    """The files. Stage 0 has the first key; each three stages after it are one rotation."""

    def __init__(self, directory):
        self.directory, self.secrets = directory, []
        self.stage = 0  # the last that anybody got

    def secret(self, number):
        while len(self.secrets) <= number:
            self.secrets.append(base64.b64encode(os.urandom(32)) + b"\n")
        return self.secrets[number]

    def lines(self, stage):
        old, phase = divmod(stage, 3)
        wanted = ([old], [old, old + 1], [old + 1, old])[phase]
        return [self.secret(number) for number in wanted]

    def path(self, number):
        return os.path.join(self.directory, f"key.{number}")

    def write(self, number, stage):
        """By rename: an agent that starts meanwhile reads one or the other."""
        self.stage = max(self.stage, stage)
        new = self.path(number) + ".new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(self.lines(stage))
        os.rename(new, self.path(number))

    def give(self, number, stage, agent):
        self.write(number, stage)
        if agent.running():
            agent.signal(signal.SIGHUP)


def steps(seed, count, seconds, every):
    """When which agent gets the files of which stage. Empty without `every`."""
    source, made, stage = random.Random(f"keys {seed}"), [], 0
    moment = every / 3 if every else seconds
    while moment + WINDOW < seconds:
        stage += 1
        made += [Step(moment + source.uniform(0, WINDOW), "rekey", (number,), (stage,))
                 for number in range(1, count + 1)]
        moment += every / 3
    return made


def differences(agents, keys):
    """In words, which of the running agents do not show the keys that all have been given."""
    wanted = len(keys.lines(keys.stage))
    said = {agent.name: agent.try_ask("keys") for agent in agents}
    faults = [f"{name} does not answer" for name, answer in said.items() if not answer]
    found = {}
    for name, answer in said.items():
        if not answer:
            continue
        marks = [key["key"] for key in answer["keys"]]
        found.setdefault(tuple(marks), []).append(name)
        if len(marks) != wanted or not answer["keys"][0]["ours"]:
            faults.append(f"{name} knows of the keys {', '.join(marks)}, not of {wanted}")
            continue
        for part in ("plain_present", "apart_present"):
            if answer[part]:
                faults.append(f"{name} counts {part} {answer[part]}")
        if answer["keys"][0]["seals"] != answer["present"]:
            faults.append(f"{name} sees {answer['keys'][0]['seals']} of {answer['present']} seal "
                          f"with {marks[0]}")
    if len(found) > 1:
        faults.append("keys differ: " + "; ".join(f"{' '.join(marks)} at {len(names)}"
                                                  for marks, names in found.items()))
    return faults
