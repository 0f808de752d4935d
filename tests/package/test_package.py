# SPDX-License-Identifier: Apache-2.0
"""The life of the Debian packages in a Debian of their own: install, start, upgrade, remove, purge.
`./dev package --test` runs it, as root. No service manager runs in there: the daemon is started as
the unit would start it. The tests stand in the order in which they run."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEBS = Path(os.environ.get("CVG_DEBS", ROOT / "build/package/deb"))
CACHE = Path(os.environ.get("CVG_CHROOT", ROOT / "build/chroot"))
# Written by whatever package comes and goes; the user stays on purpose (cmake/debian/postrm).
NOT_OURS = re.compile(r"/(proc|sys|dev|run|tmp|var/lib/dpkg|var/log|var/cache|var/lib/apt)(/.*)?$"
                      r"|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/\.pwd\.lock$")


def run(*command, **kwargs):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, **kwargs)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def deb(package, revision=1):
    [found] = DEBS.glob(f"{package}_*-{revision}_*.deb")
    return found


def mirror():
    """Where this machine gets Debian from."""
    files = [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for path in files:
        text = re.sub(r"^#.*$", "", path.read_text(), flags=re.M)
        found = re.search(r"https?://\S*debian/?(?=\s)", text)
        if found:
            return found.group(0)
    return "http://deb.debian.org/debian"


def make_base(folder, depends):
    """Debian 12 with what the package depends on, so that what is left is the package's own."""
    run("debootstrap", "--variant=minbase",
        "--include=systemd-standalone-sysusers,systemd-standalone-tmpfiles", "bookworm", folder,
        mirror())
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    (folder / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (folder / "usr/sbin/policy-rc.d").chmod(0o755)
    run("chroot", folder, "apt-get", "-qq", "update")
    run("chroot", folder, "apt-get", "-qq", "satisfy", "-y", "--no-install-recommends", depends,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


# As ProtectSystem=strict has it: nothing can be written but what the unit names, and /tmp.
READ_ONLY = ('mount --bind "$0" "$0" && '
             'for each in var/lib/convergate run/convergate tmp; do '
             '    mount --bind "$0/$each" "$0/$each" || exit; '
             'done && mount -o remount,bind,ro "$0" && ')


class Chroot:
    def __init__(self, folder):
        self.folder = folder

    def path(self, text):
        return self.folder / text.lstrip("/")

    def command(self, *command, confined=False):
        """In name spaces of its own: loopback is nobody else's, /proc is its own."""
        inner = (READ_ONLY if confined else "") + 'mount -t proc proc "$0/proc" && ip link set lo up && exec chroot "$0" "$@"'
        return ["unshare", "--mount", "--net", "--fork", "sh", "-c", inner, str(self.folder),
                *map(str, command)]

    def run(self, *command):
        return run(*self.command(*command),
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})

    def dpkg(self, how, *words):
        for word in words:
            if isinstance(word, Path):
                shutil.copy(word, self.folder / "tmp" / word.name)
        names = [f"/tmp/{word.name}" if isinstance(word, Path) else word for word in words]
        return self.run("dpkg", how, *names)

    def files(self):
        found = set()
        for folder, folders, names in os.walk(self.folder):
            inside = "/" + os.path.relpath(folder, self.folder)
            folders[:] = [name for name in folders
                          if not NOT_OURS.match(os.path.normpath(f"{inside}/{name}"))]
            found.update(os.path.normpath(f"{inside}/{name}") for name in [*folders, *names])
        return {path for path in found if not NOT_OURS.match(path)}


@pytest.fixture(scope="module")
def chroot():
    assert os.geteuid() == 0, "making a chroot takes root"
    depends = run("dpkg-deb", "-f", deb("convergate"), "Depends").strip()
    key = hashlib.sha256(depends.encode()).hexdigest()[:12]
    base, place = CACHE / f"base-{key}", CACHE / "run"
    if not base.exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        make_base(CACHE / "new", depends)
        (CACHE / "new").rename(base)
    shutil.rmtree(place, ignore_errors=True)
    run("cp", "-a", "--reflink=auto", base, place)
    yield Chroot(place)
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def before(chroot):
    return chroot.files()


ENABLED = "/etc/systemd/system/multi-user.target.wants/convergated.service"


def is_enabled(chroot):
    return os.path.lexists(chroot.path(ENABLED))


def test_the_control_files_are_as_debian_wants_them():
    control = run("dpkg-deb", "-f", deb("convergate"))
    for library in ("libc6", "libcurl4", "libmicrohttpd12", "libuv1", "libc-ares2", "libyaml-0-2",
                    "libsqlite3-0", "libssl3", "libprotobuf-c1", "zlib1g"):
        assert re.search(rf"^Depends: .*\b{library} ?\(|^Depends: .*\b{library}\b", control, re.M)
    if shutil.which("lintian"):
        found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error",
                                deb("convergate"), deb("convergate-dev")],
                               capture_output=True, text=True)
        assert found.returncode == 0, found.stdout


def test_it_installs(chroot, before):
    chroot.dpkg("-i", deb("convergate"), deb("convergate-dev"))
    assert "install ok installed" in chroot.run("dpkg-query", "-W", "-f", "${Status}", "convergate")
    assert re.match(r"convergate:x:\d+:\d+:.*:/var/lib/convergate:/usr/sbin/nologin",
                    chroot.run("getent", "passwd", "convergate"))
    assert chroot.run("stat", "-c", "%U:%G %a", "/var/lib/convergate") == "convergate:convergate 750\n"
    assert chroot.run("stat", "-c", "%U:%G %a", "/etc/convergate/credentials") == "root:root 700\n"
    assert is_enabled(chroot)


@pytest.mark.parametrize("path", [
    "/usr/sbin/convergated", "/usr/bin/convergate", "/usr/lib/convergate/probes/prometheus.so",
    "/usr/lib/convergate/probes/kubernetes.so", "/usr/lib/convergate/probes/terraform.so",
    "/usr/lib/convergate/probes/exec.so", "/usr/lib/convergate/convergate-exec",
    "/usr/share/doc/convergate/examples/kubernetes/clusterrole.yaml",
    "/etc/convergate/convergate.yaml", "/etc/convergate/conf.d",
    "/usr/lib/systemd/system/convergated.service", "/usr/lib/systemd/system/convergated.socket",
    "/usr/lib/sysusers.d/convergate.conf", "/usr/lib/tmpfiles.d/convergate.conf",
    "/usr/share/man/man8/convergated.8.gz", "/usr/share/man/man1/convergate.1.gz",
    "/usr/share/man/man5/convergate.yaml.5.gz",
    "/usr/share/bash-completion/completions/convergate",
    "/usr/share/bash-completion/completions/convergated",
    "/usr/share/zsh/vendor-completions/_convergate",
    "/usr/share/doc/convergate/copyright", "/usr/include/convergate/module.h"])
def test_everything_is_in_its_place(chroot, path):
    assert chroot.path(path).exists()


def start(chroot):
    """As the unit does: its user, its command line, what it may write. Ends when the daemon has
    answered."""
    [command] = re.findall(r"^ExecStart=(.+)$",
                           chroot.path("/usr/lib/systemd/system/convergated.service").read_text(), re.M)
    script = f"""
        setpriv --reuid convergate --regid convergate --clear-groups --no-new-privs {command} &
        daemon=$!
        for try in $(seq 100); do
            convergate status >/tmp/status 2>/tmp/trouble && break
            sleep 0.1
        done
        cat /tmp/status /tmp/trouble
        convergate check prod; echo "check: $?"
        convergate check prod --app web; echo "recorded: $?"
        kill -TERM $daemon; wait $daemon; echo "daemon: $?"
        convergate audit verify; echo "verify: $?"
    """
    done = subprocess.run(chroot.command("sh", "-c", script, confined=True), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    return done.stdout + done.stderr


def test_it_starts_and_answers(chroot):
    said = start(chroot)
    assert re.search(r"^prod +unknown +0 of ", said, re.M), said
    assert "check: 4" in said and "daemon: 0" in said, said


def test_its_store_is_the_daemons_alone_and_whole(chroot):
    """What root verified is still the daemon's."""
    said = start(chroot)
    assert re.search(r"recorded as [0-9a-f-]{36}", said) and "StoreUnavailable" not in said, said
    assert ": whole\n" in said and "verify: 0" in said, said
    names = sorted(path.name for path in chroot.path("/var/lib/convergate").iterdir())
    assert {"convergate.db", "convergate.db.head", "convergate.db.key"} <= set(names)
    for name in names:
        assert chroot.run("stat", "-c", "%U:%G %a", f"/var/lib/convergate/{name}") \
            == "convergate:convergate 600\n", name


def test_an_upgrade_keeps_what_the_operator_and_the_daemon_wrote(chroot):
    configuration = chroot.path("/etc/convergate/convergate.yaml")
    configuration.write_text(configuration.read_text() + "# the operator's own\n")
    chroot.path("/etc/convergate/conf.d/own.yaml").write_text("{}\n")
    chroot.path("/var/lib/convergate/kept").write_text("state")
    chroot.path(ENABLED).unlink()  # as systemctl disable does
    chroot.dpkg("-i", deb("convergate", 2), deb("convergate-dev", 2))
    assert chroot.run("dpkg-query", "-W", "-f", "${Version}", "convergate").endswith("-2")
    assert configuration.read_text().endswith("# the operator's own\n")
    assert chroot.path("/var/lib/convergate/kept").read_text() == "state"
    assert not is_enabled(chroot)
    said = start(chroot)
    assert "check: 4" in said and "daemon: 0" in said, said


def test_the_same_version_again_changes_nothing(chroot):
    files = chroot.files()
    chroot.dpkg("-i", deb("convergate", 2))
    assert chroot.files() == files


def test_removing_keeps_configuration_and_state(chroot):
    chroot.dpkg("-r", "convergate-dev", "convergate")
    assert not chroot.path("/usr/sbin/convergated").exists()
    assert not chroot.path("/usr/lib/convergate").exists()
    assert chroot.path("/etc/convergate/convergate.yaml").exists()
    assert chroot.path("/var/lib/convergate/kept").exists()


def test_it_comes_back_as_it_was(chroot):
    chroot.dpkg("-i", deb("convergate", 2))
    assert chroot.path("/etc/convergate/convergate.yaml").read_text().endswith("operator's own\n")
    assert not is_enabled(chroot)


def test_a_purge_leaves_nothing_but_the_user(chroot, before):
    """What the operator put into conf.d is not the package's to delete."""
    chroot.dpkg("--purge", "convergate")
    own = {"/etc/convergate", "/etc/convergate/conf.d", "/etc/convergate/conf.d/own.yaml"}
    assert chroot.files() - before == own
    assert before - chroot.files() == set()
    assert chroot.run("getent", "passwd", "convergate")
    assert not chroot.path("/run/convergate").exists()
