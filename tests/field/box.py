# SPDX-License-Identifier: Apache-2.0
"""A box: this machine's own files under an overlay, with hearsay installed and a real systemd as
PID 1, in namespaces and a control group of its own. What happens in a box stays in it: its disk is
in memory, it has a network of its own, and its systemd can neither set a clock nor a kernel's
setting nor load a module.

    with Box(dest) as box:
        box.must("systemctl", "start", "hearsayd")
"""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from agents import Skip, wait_until
from machine import SYSTEM_PATH, which

ENV = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"}
SYSTEMD = "/lib/systemd/systemd"
PROGRAMS = ("unshare", "nsenter", "setpriv", "systemctl", "systemd-sysusers", "journalctl")
BOOT_PATIENCE = 60.0
PATIENCE = 60.0  # seconds for a command in the box

# Enters a control group of its own. $1: its name, $2: a folder for mount points; the rest is run.
GROUP = """
set -e
name=$1 folder=$2
shift 2
mount --make-rprivate /
mount -t cgroup2 none "$folder"
mkdir "$folder/$name"
echo $$ >"$folder/$name/cgroup.procs"
umount "$folder"
exec "$@"
"""
# Makes the box's root and begins its PID 1. $1: a folder for mount points, $2: what is installed.
BOOT = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work none root
cp -a "$2/." root/
cd root
mount -t proc -o nosuid,nodev,noexec none proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro,nosuid,nodev,noexec none sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid,nodev none run
mount -t tmpfs -o mode=1777,nosuid,nodev none tmp
mount -t tmpfs -o mode=755,nosuid none dev
for one in null zero full random urandom tty; do
    : >dev/$one
    mount --bind /dev/$one dev/$one
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 none dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev none dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
echo box >etc/hostname
# Of this machine's units only those that the journal needs; none of its users of ours.
rm -rf etc/systemd/system etc/sysusers.d var/log/journal var/log/hearsay
mkdir -p etc/systemd/system etc/systemd/journald.conf.d
find lib/systemd/system/*.wants usr/local/lib/systemd/system/*.wants -type l \
    ! -name 'systemd-journald*' ! -name 'systemd-tmpfiles-setup.service' -delete 2>/dev/null || :
for one in passwd group shadow gshadow; do
    sed -i -e '/^hearsay/d' etc/$one
done
: >etc/machine-id
cat >etc/systemd/journald.conf.d/box.conf <<END
[Journal]
Storage=volatile
RateLimitIntervalSec=0
END
cat >etc/systemd/system/box.target <<END
[Unit]
Requires=basic.target
After=basic.target
END
mkdir old
pivot_root . old
umount -l old
rmdir old
exec env -i container=hearsay-box PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv \
    --bounding-set=-sys_module,-sys_time,-sys_boot,-sys_rawio,-syslog,-wake_alarm \
    "$3" --unit=box.target --show-status=no --log-target=journal
"""
# Whether the kernel allows a box: what of it may be forbidden. What fails after it is an error.
TRIAL = """
set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/group
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/root
mount -t cgroup2 none /mnt/group
mount -t proc none /mnt/root/proc
"""
SPACES = ["unshare", "--cgroup", "--mount", "--pid", "--uts", "--ipc", "--net", "--fork",
          "--kill-child"]
# Removes what GROUP made.
CLEAN = """
mount --make-rprivate /
mount -t cgroup2 none "$2" || exit 0
! [ -d "$2/$1" ] || find "$2/$1" -depth -type d -exec rmdir {} +
"""


class Spawned:
    """A program that runs on in a box. nsenter(1) is its parent, waits for it, and stops with
    it."""

    def __init__(self, words):
        self.parent = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=ENV)

    def running(self):
        return self.parent.poll() is None

    def signal(self, number):
        with open(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children",
                  encoding="ascii") as file:
            os.kill(int(file.read().split()[0]), number)
        if number != signal.SIGSTOP:
            self.parent.send_signal(signal.SIGCONT)

    def end(self):
        """kill -9, and waits until it is gone."""
        if self.running():
            self.signal(signal.SIGKILL)
        self.parent.wait(PATIENCE)


def lacking():
    """Why no box can be made here, or None."""
    if os.geteuid() != 0 or os.environ.get("HEARSAY_FIELD_INSIDE"):
        return "only root may make a box"
    for program in (SYSTEMD, *PROGRAMS):
        if not which(program):
            return f"{program} is missing"
    tried = subprocess.run([*SPACES, "sh", "-c", TRIAL], capture_output=True, text=True,
                           check=False, env=ENV, timeout=PATIENCE)
    said = tried.stderr.strip().splitlines()
    return (said[-1] if said else "no namespaces") if tried.returncode != 0 else None


class Box:
    """A booted box. `dest` is what `meson install --destdir` has written."""

    def __init__(self, dest):
        why = lacking()
        if why:
            raise Skip(f"no box can be made here: {why}")
        self.folder = tempfile.mkdtemp(prefix="hearsay-box-")
        self.name = os.path.basename(self.folder)
        self.console = os.path.join(self.folder, "console")
        mounts = os.path.join(self.folder, "mounts")
        os.mkdir(mounts)
        self.mounts, self.pid, self.spawned = mounts, None, []
        with open(self.console, "wb") as console:
            self.holder = subprocess.Popen(
                ["unshare", "--mount", "setpriv", "--pdeathsig=KILL", "sh", "-c", GROUP, "sh",
                 self.name, mounts, *SPACES, "sh", "-c", BOOT, "sh", mounts, dest, SYSTEMD],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=ENV)
        try:
            self.boot()
        except BaseException:
            self.close()
            raise

    def boot(self):
        """Waits until systemd says that its target is reached."""
        def child():
            if self.holder.poll() is not None:
                raise OSError("the box has ended: " + self.said())
            path = f"/proc/{self.holder.pid}/task/{self.holder.pid}/children"
            with contextlib.suppress(OSError):
                with open(path, encoding="ascii") as file:
                    found = file.read().split()
                if found and os.path.basename(os.readlink(f"/proc/{found[0]}/exe")) == "systemd":
                    self.pid = int(found[0])
            return self.pid
        wait_until(child, BOOT_PATIENCE, self.said)
        wait_until(lambda: self.run("systemctl", "is-active", "box.target").returncode == 0,
                   BOOT_PATIENCE, self.said)

    def said(self):
        """The last words of what makes the box."""
        with open(self.console, encoding="utf-8", errors="replace") as file:
            lines = file.read().strip().splitlines()
        return lines[-1] if lines else "nothing is said"

    def close(self):
        for one in self.spawned:
            one.end()
        if self.pid:
            # The kernel kills all that is left in the namespace with its PID 1.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        else:
            self.holder.kill()
        self.holder.wait(PATIENCE)
        wait_until(self.cleaned, PATIENCE, lambda: f"the control group {self.name} stays")
        shutil.rmtree(self.folder, ignore_errors=True)

    def cleaned(self):
        return subprocess.run(["unshare", "--mount", "sh", "-c", CLEAN, "sh", self.name,
                               self.mounts], capture_output=True, check=False,
                              env=ENV).returncode == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what is done in it ---------------------------------------------------------------------

    def words(self, command, user=None, groups=()):
        words = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid",
                 "--cgroup"]
        if user:
            # Numbers: setpriv would look names up on this machine.
            ids = [self.must("id", "-u", user).strip(), self.must("id", "-g", user).strip()]
            others = ",".join(self.gid(one) for one in groups)
            words += ["setpriv", f"--reuid={ids[0]}", f"--regid={ids[1]}",
                      f"--groups={others}" if others else "--clear-groups"]
        return words + list(command)

    def gid(self, group):
        return self.must("getent", "group", group).split(":")[2]

    def run(self, *command, stdin=None, user=None, groups=()):
        """Runs a command: .returncode, .stdout, .stderr."""
        return subprocess.run(self.words(command, user, groups), input=stdin, capture_output=True,
                              text=True, check=False, timeout=PATIENCE, env=ENV)

    def must(self, *command, **how):
        """Runs what must succeed; returns what it printed."""
        done = self.run(*command, **how)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def spawn(self, *command):
        """Starts what runs on, until the box ends."""
        made = Spawned(self.words(["setpriv", "--pdeathsig=KILL", *command]))
        self.spawned.append(made)
        return made

    def path(self, path):
        """Where the test finds a path of the box."""
        return f"/proc/{self.pid}/root{path}"

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()
