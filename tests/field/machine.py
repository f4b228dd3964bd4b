# SPDX-License-Identifier: Apache-2.0
"""A machine of the field: a network, a file system and a host name of its own, made of namespaces.

The namespaces live as long as a process that holds them, and that process ends when its standard
input does, which is a pipe from the test. So nothing has to be removed: not even a test that was
killed leaves anything behind. Programs that run on a machine are killed by the kernel when the
test ends (setpriv --pdeathsig).
"""
import os
import pwd
import shutil
import subprocess
import time

from agents import Process, Skip, wait_until

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE = 20.0  # seconds for a command that sets something up
RULES = """
table inet field {
    set strangers { type ether_addr; }
    chain input {
        type filter hook input priority 0
        ether saddr @strangers drop
    }
    chain lossy { type filter hook input priority 1; }
    chain output { type filter hook output priority 0; }
}
"""
# What every machine does when it begins. /etc is an overlay, so that files in it can be written,
# replaced and removed as on any machine, and nobody else sees it.
BEGIN = """
set -e
hostname "$1"
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir /run/etc /run/etc/upper /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
rm -f /etc/hosts /etc/resolv.conf /etc/nsswitch.conf
echo "hosts: files dns" >/etc/nsswitch.conf
cd /proc/sys/net
for one in all default; do
    echo 0 >ipv6/conf/$one/accept_dad
    echo 0 >ipv6/conf/$one/accept_ra
    echo 1 >ipv6/conf/$one/keep_addr_on_down
    echo 1 >ipv6/conf/$one/ndisc_notify
    echo 1 >ipv4/conf/$one/arp_notify
done
ip link set lo up
echo ready
exec cat
"""


def which(program):
    return shutil.which(program, path=SYSTEM_PATH)


def run(*words, stdin=None):
    """Runs what must succeed; returns what it printed."""
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False,
                          timeout=PATIENCE)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def add_machine():
    """Why no machine can be made here, or None."""
    for program in ("unshare", "nsenter", "setpriv", "prlimit", "ip", "nft"):
        if not which(program):
            return f"{program} is missing"
    done = subprocess.run([which("unshare"), "-n", "-m", "-u", "sh", "-c",
                           "hostname field && ip link add name b type bridge && "
                           "nft add table inet field && mount -t tmpfs tmpfs /run && "
                           "mkdir /run/u /run/w && mount -t overlay -o "
                           "lowerdir=/etc,upperdir=/run/u,workdir=/run/w overlay /etc"],
                          capture_output=True, text=True, check=False,
                          env={"PATH": SYSTEM_PATH}, timeout=PATIENCE)
    return done.stderr.strip().splitlines()[-1] if done.returncode != 0 else None


class Machine:
    """Namespaces with a name. Whatever is done here is done to this machine only."""

    def __init__(self, name):
        self.name, self.programs = name, []
        self.holder = subprocess.Popen(
            [which("unshare"), "-n", "-m", "-u", "sh", "-c", BEGIN, "sh", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": SYSTEM_PATH})
        if self.holder.stdout.readline() != "ready\n":
            raise OSError(f"{name}: {self.holder.stderr.read().strip()}")
        self.enter = [which("nsenter"), f"--target={self.holder.pid}", "--net", "--mount", "--uts"]
        self.nft(RULES)

    def end(self):
        for one in self.programs:
            one.end()
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()

    # ---- programs ---------------------------------------------------------------------------

    def words(self, *command, user=None, groups=(), files=None, limits=(), env=None):
        """The command line that runs `command` on this machine; see run()."""
        words = [*self.enter, which("setpriv"), "--pdeathsig=KILL"]
        if user is not None:
            words += self.become(user, groups)
        if files is not None:
            limits = [*limits, f"--nofile={files}"]
        if limits:
            words += [which("prlimit"), *limits, "--"]
        if env:
            words += [which("env"), *(f"{key}={value}" for key, value in env.items())]
        return words + list(command)

    def become(self, user, groups):
        if os.environ.get("HEARSAY_FIELD_INSIDE"):
            raise Skip("only root may run programs as another user")
        entry = pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
        others = ["--groups=" + ",".join(str(g) for g in groups)] if groups else ["--clear-groups"]
        return [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", *others]

    def run(self, *command, stdin=None, limit=PATIENCE, **how):
        """Runs a program on this machine to its end: .returncode, .stdout, .stderr. `how`: user=
        name, groups= numbers, files= how many descriptors, limits= words of prlimit(1), env=."""
        return subprocess.run(self.words(*command, **how), input=stdin, capture_output=True,
                              text=True, errors="surrogateescape", check=False, timeout=limit,
                              env=environment())

    def shell(self, script, **how):
        """The same for a line of the shell."""
        return self.run("sh", "-c", script, **how)

    def spawn(self, *command, stdout=subprocess.DEVNULL, stderr=None, stdin=subprocess.DEVNULL,
              **how):
        """Starts a program that runs on; it is ended with the machine, or by its end()."""
        made = Spawned(self.words(*command, **how), stdin, stdout, stderr)
        self.programs.append(made)
        return made

    def must(self, *command, stdin=None):
        return run(*self.enter, *command, stdin=stdin)

    # ---- network ----------------------------------------------------------------------------

    def nft(self, rules):
        self.must("nft", "-f", "-", stdin=rules)

    def ip(self, *lines):
        """Commands of ip(8), one each argument."""
        self.must("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def interface(self, name, *addresses):
        """One more interface, with nobody behind it: a container bridge, a second card."""
        self.ip(f"link add name {name} type bridge", f"link set {name} up",
                *(f"addr add {address} dev {name} {nodad(address)}" for address in addresses))

    # ---- files ------------------------------------------------------------------------------

    def path(self, path):
        """Where the test finds a path of this machine."""
        return f"/proc/{self.holder.pid}/root{path}"

    def write(self, path, text):
        """Replaces a file as editors do: a new one takes its name."""
        there = self.path(path)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        with open(there + ".new", "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.replace(there + ".new", there)

    def read(self, path):
        with open(self.path(path), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    def hosts(self, **addresses):
        """Its /etc/hosts: hosts(box1="127.0.1.1", box2=["10.77.0.2", "fd77::2"]). Names that are
        no words of Python: hosts(**{"box1.test": …})."""
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        for name, found in addresses.items():
            lines += [f"{one} {name}" for one in ([found] if isinstance(found, str) else found)]
        self.write("/etc/hosts", "\n".join(lines) + "\n")

    def resolver(self, *servers, options=""):
        """Its /etc/resolv.conf."""
        lines = [f"nameserver {one}" for one in servers]
        self.write("/etc/resolv.conf", "\n".join([*lines, options]) + "\n")

    def disk(self, path, size, mode="755", keep=()):
        """A file system of this size, as "64k", over `path`; it begins empty, except that the
        folders of `keep` stay to be seen."""
        keep = [one for one in keep if (one + "/").startswith(path.rstrip("/") + "/")]
        script = "set -e; path=$1 size=$2 mode=$3; shift 3; mkdir -p \"$path\"\n"
        for number, _ in enumerate(keep, 1):
            script += (f"there=/run/kept/{number}; mkdir -p $there\n"
                       f"mount --bind \"${number}\" $there\n")
        script += "mount -t tmpfs -o size=$size,mode=$mode tmpfs \"$path\"\n"
        for number, _ in enumerate(keep, 1):
            script += f"mkdir -p \"${number}\"; mount --bind /run/kept/{number} \"${number}\"\n"
        self.must("sh", "-c", script, "sh", path, size, mode, *keep)


def nodad(address):
    return "nodad" if ":" in address else ""


def environment():
    """What programs of the field may know of the real machine's environment."""
    kept = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP")
    return {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8",
            **{key: os.environ[key] for key in kept if key in os.environ}}


class Spawned(Process):
    """A program that runs on. With stdout=PIPE, line() reads what it says."""

    def __init__(self, words, stdin, stdout, stderr):
        self.proc = subprocess.Popen(words, stdin=stdin, stdout=stdout, stderr=stderr,
                                     env=environment())

    def ends(self, limit=10.0):
        """Waits for its end; returns the exit code, negative for a signal."""
        return self.proc.wait(limit)

    def end(self):
        if self.running():
            self.proc.kill()
        self.proc.wait()
        for pipe in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            if pipe:
                pipe.close()


def wait_for_file(path, limit=PATIENCE):
    wait_until(lambda: os.path.exists(path), limit, lambda: f"no {path}")
    return time.monotonic()
