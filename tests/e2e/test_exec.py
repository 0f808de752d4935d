# SPDX-License-Identifier: Apache-2.0
"""Programs as checks: what they say, and what they try. Every storm here ends by itself: should the
daemon not end it, it does no harm."""

import json
import os
import pathlib

import pytest
import yaml

from conftest import ROOT, run_tool, wait_until

PLUGINS = pathlib.Path(os.environ.get(
    "CVG_PLUGINS", ROOT / "build/servers/monitoring-plugins-basic/usr/lib/nagios/plugins"))


def config(checks, source=None, store=None, **defaults):
    """checks: {name: keys}; a text stands for a script of bash."""
    def keys(check):
        check = {"argv": ["/bin/bash", "-c", check]} if isinstance(check, str) else check
        return {"source": "programs"} | check

    return json.dumps(({"store": str(store)} if store else {}) | {
        "server": {"listen": "127.0.0.1:0"},
        "defaults": {"interval": "300ms", "timeout": "5s", "rise": "0s", "fall": "0s"} | defaults,
        "sources": {"programs": {"type": "exec"} | (source or {})},
        "environments": {"prod": {"checks": {name: keys(check) for name, check in checks.items()},
                                  "gates": {"deploy": {}}}}})


def wait_reason(gate, name, reason, status=None, seconds=30):
    def ask():
        check = gate.check("prod", name)
        return check if check["reason"] == reason and status in (None, check["status"]) else None

    return wait_until(ask, seconds, what=f"{name}: {reason}")


def alive(marker):
    """Processes that have the marker in their command line and are not zombies."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if marker.encode() in words and state != "Z" and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


# ---- what they say ----


def test_exit_codes_and_output_become_readings(daemon):
    gate = daemon(config({
        "fine": "echo all is well; echo more",
        "soon": "echo almost >&2; exit 75",
        "bad": "exit 1",
        "own": {"argv": ["/bin/bash", "-c", "exit 12"], "codes": {"10-19": "degraded"}},
        "odd": {"argv": ["/bin/bash", "-c", "exit 7"], "exit_codes": "nagios"},
        "json": {"argv": ["/bin/bash", "-c", 'echo \'{"status": "degraded", "message": "2 of 3", '
                          '"revision": "0042", "value": 2, "facts": {"version": "0042", "n": 3}}\''],
                 "output": "json"},
        "broken": {"argv": ["/bin/echo", "{"], "output": "json"},
        "killed": "kill -SEGV $$",
        "missing": {"argv": ["/nonexistent/program"]},
        "folder": {"argv": ["/bin/true"], "directory": "/nonexistent"},
        "data": {"argv": ["/etc/passwd"]},
        "told": {"argv": ["/bin/cat"], "stdin": "from stdin\n"},
    }))
    wanted = {"fine": ("ready", "Succeeded", "all is well"), "soon": ("progressing", "NotYet", "almost"),
              "bad": ("failed", "NotOk", "exit code 1"), "own": ("degraded", "Warned", "12"),
              "odd": ("unknown", "ExitUnexpected", "7"), "json": ("degraded", "Warned", "2 of 3"),
              "broken": ("unknown", "OutputInvalid", "offset"), "killed": ("unknown", "Killed", "SIGSEGV"),
              "missing": ("unknown", "NotExecutable", "No such file"),
              "folder": ("unknown", "NotExecutable", "No such file"),
              "data": ("unknown", "NotExecutable", "Permission denied"),
              "told": ("ready", "Succeeded", "from stdin")}
    for name, (status, reason, words) in wanted.items():
        check = wait_reason(gate, name, reason, status)
        assert words in check["message"], check
    check = gate.check("prod", "json")
    assert (check["revision"], check["value"]) == ("0042", 2)
    assert check["facts"]["version"] == "0042" and check["facts"]["n"] == 3
    # What one program cannot is no fault of the others.
    assert 'convergate_source_up{source="programs"} 1' in gate.get("/metrics").body.decode()


def test_nothing_is_inherited(daemon):
    gate = daemon(config({
        "env": {"argv": ["/usr/bin/env", "-0"], "environment": {"A": "1 2", "LANG": "C"}},
        "fds": "echo $(ls /proc/$$/fd) $(ulimit -c) $(pwd)"}), environment={"NOT_FOR_CHILDREN": "daemon-only"})
    message = wait_reason(gate, "env", "Succeeded")["message"]
    assert "daemon-only" not in message and "A=1 2" in message and "LANG=C" in message
    assert "PATH=/usr/local/bin:/usr/bin:/bin" in message
    assert wait_reason(gate, "fds", "Succeeded")["message"].split()[-2:] == ["0", "/"]


def test_a_fact_is_one_argument_as_it_stands(daemon, tmp_path):
    nasty = 'a b\'c"d$(touch INJECTED)`touch INJECTED`;touch INJECTED\n-x *'.replace(
        "INJECTED", str(tmp_path / "injected"))
    (tmp_path / "facts").write_text(json.dumps({"facts": {"nasty": nasty}}))
    # No fact has a control character: the daemon keeps a '?' for it. An argument may have one.
    written = 'x\ny\t"z\' $(touch ' + str(tmp_path / "injected") + ")"
    (tmp_path / "wanted").write_text(json.dumps([nasty.replace("\n", "?"), written]))
    script = ('import json,sys; print(json.dumps({"facts": '
              '{"same": sys.argv[1:-1] == json.load(open(sys.argv[-1]))}}))')
    gate = daemon(config({
        "from": {"argv": ["/bin/cat", str(tmp_path / "facts")], "output": "json"},
        "to": {"argv": ["/usr/bin/python3", "-c", script, "${checks.from.facts.nasty}", written,
                        str(tmp_path / "wanted")], "output": "json"}}))
    check = wait_reason(gate, "to", "Succeeded", "ready")
    assert check["facts"]["same"] == "true", gate.check("prod", "from")["facts"]
    assert not (tmp_path / "injected").exists()


@pytest.mark.parametrize("keys, path", [
    ({"argv": ["sh", "-c", "x"]}, "absolute"), ({"argv": ["${checks.c.facts.x}"]}, "written out"),
    ({"argv": []}, "argv"), ({"argv": ["/bin/true"], "environment": {"A-B": "1"}}, "variable"),
    ({"argv": ["/bin/true"], "codes": {"300": "ready"}}, "0 to 255"),
    ({"argv": ["/bin/true"], "codes": {"0": "good"}}, "ready, progressing"),
    ({"argv": ["/bin/true"], "directory": "tmp"}, "absolute"),
    ({"argv": ["/bin/true"], "environment": {"P": "1"},
      "secrets": [{"name": "P", "value": "env:P"}]}, "twice"),
])
def test_what_cannot_be_run_is_refused(convergated, tmp_path, keys, path):
    file = tmp_path / "convergate.yaml"
    file.write_text(config({"c": "true", "bad": keys}))
    done = convergated("--check", "-c", file)
    assert done.returncode != 0 and path in done.stderr + done.stdout


# ---- what they try ----

HOSTILE = {
    "storm": ("for i in {1..200}; do sleep 45 MARK & done; wait", "TooManyProcesses"),
    "scattered": ("for i in {1..200}; do setsid sleep 45 MARK & done; wait", "TooManyProcesses"),
    "endless": ("yes MARK & yes MARK >&2; wait", "OutputTooLarge"),
    "complaining": ("yes MARK >&2", "OutputTooLarge"),
    "deaf": ("trap '' TERM INT HUP QUIT; while :; do sleep 45 MARK; done", "TimedOut"),
    "stopping": ("setsid sleep 45 MARK & kill -STOP $PPID; sleep 45 MARK", "TimedOut"),
    "escaping": ("(setsid bash -c 'trap \"\" TERM; setsid sleep 45 MARK & sleep 45 MARK' &) ; exit 0",
                 "Succeeded"),
    "regicide": ("setsid sleep 45 MARK & kill -KILL $PPID; sleep 45 MARK", "Killed"),
    "holding": ("setsid sleep 45 MARK & exit 0", "Succeeded"),
    "eating": ("exec /usr/bin/python3 -c 'x = b\"MARK\" * (1 << 28)'", "NotOk"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_hostile_program_is_left(daemon, name):
    script, reason = HOSTILE[name]
    mark = f"60.{os.getpid()}{sorted(HOSTILE).index(name)}"  # also a time to sleep
    gate = daemon(config({"c": {"argv": ["/bin/bash", "-c", script.replace("MARK", mark)],
                                "memory": "256MiB", "timeout": "2s", "interval": "10m"},
                          "other": {"argv": ["/bin/true"]}}))
    wait_reason(gate, "c", reason)
    # The daemon goes on, and nothing outlives the run.
    wait_until(lambda: not alive(mark), 10, what="the end of all processes")
    wait_until(lambda: gate.check("prod", "other")["status"] == "ready", what="the other check")
    assert 'convergate_source_up{source="programs"} 1' in gate.get("/metrics").body.decode()
    zombies = [pid for pid in children(gate.process.pid)
               if ") Z " in pathlib.Path(f"/proc/{pid}/stat").read_text()]
    assert wait_until(lambda: not [pid for pid in zombies if pid in children(gate.process.pid)] or None)


def test_nothing_outlives_the_daemon(daemon):
    mark = f"61.{os.getpid()}"
    gate = daemon(config({"c": f"setsid sleep {mark} & trap '' TERM; sleep {mark}"}, timeout="60s"))
    wait_until(lambda: len(alive(mark)) >= 2, what="both processes")
    gate.process.kill()
    gate.process.wait()
    wait_until(lambda: not alive(mark), 10, what="the end of both")
    gate.process.returncode = 0  # it was killed on purpose


def test_a_huge_environment_is_refused_by_name(daemon):
    gate = daemon(config({
        "huge": {"argv": ["/bin/true"], "environment": {"HUGE": "x" * 60000}},
        "many": {"argv": ["/bin/true"], "environment": {f"V{i}": "x" * 60000 for i in range(60)}}}))
    wait_reason(gate, "huge", "Succeeded", "ready")
    check = wait_reason(gate, "many", "NotExecutable", "unknown")
    assert "too long" in check["message"]


def test_many_checks_are_no_storm(daemon, tmp_path):
    """Each notes how many of them run at that moment."""
    script = (f"cd {tmp_path}; mkdir running.$$; echo running.* | wc -w >> seen; sleep 0.05; rmdir running.$$")
    gate = daemon(config({f"c{i}": script for i in range(60)}, {"concurrency": 3},
                         interval="1h", timeout="30s"))
    wait_until(lambda: all(check["status"] == "ready" for check in
                           gate.get("/v1/environments/prod").json["checks"]), 60, what="all to be ready")
    seen = [int(word) for word in (tmp_path / "seen").read_text().split()]
    assert len(seen) >= 60 and max(seen) <= 3


def test_who_does_not_get_its_turn_is_unknown(daemon):
    gate = daemon(config({"slow": {"argv": ["/bin/sleep", "20"], "timeout": "25s", "interval": "1m"},
                          "quick": {"argv": ["/bin/true"], "timeout": "1s", "interval": "1s"}},
                         {"concurrency": 1}))
    check = wait_reason(gate, "quick", "Crowded", "unknown")
    assert "concurrency" not in check["message"] and "1 programs" in check["message"]
    assert 'convergate_source_up{source="programs"} 1' in gate.get("/metrics").body.decode()


def test_secrets_are_nowhere(daemon, tmp_path):
    secret = "s3cr3t-of-a-program"
    (tmp_path / "secret").write_text(secret)
    mark = f"62.{os.getpid()}"
    leaking = {"argv": ["/bin/bash", "-c", 'echo "$TOKEN"; echo "$TOKEN" >&2; env >&2; exit $CODE'],
               "secrets": [{"name": "TOKEN", "value": f"file:{tmp_path}/secret"}]}
    gate = daemon(config({
        "echo": leaking | {"environment": {"CODE": "0"}},
        "fails": leaking | {"environment": {"CODE": "1"}},
        "json": leaking | {"argv": ["/bin/bash", "-c", 'echo "{\\"message\\": \\"$${TOKEN//e/\\\\u0065}\\", '
                                    '\\"facts\\": {\\"t\\": \\"$TOKEN\\"}, \\"revision\\": \\"$TOKEN\\"}"'],
                           "output": "json"},
        "length": leaking | {"argv": ["/bin/bash", "-c", "echo $${#TOKEN}"]},
        "slow": leaking | {"argv": ["/bin/sleep", mark], "timeout": "30s", "interval": "1m"},
        "absent": leaking | {"secrets": [{"name": "TOKEN", "value": f"file:{tmp_path}/none"}]},
    }, store=tmp_path / "store.db"))
    assert wait_reason(gate, "length", "Succeeded")["message"] == str(len(secret))
    assert set(wait_reason(gate, "echo", "Succeeded")["message"]) == {"*"}
    wait_reason(gate, "fails", "NotOk")
    check = wait_reason(gate, "json", "Succeeded")
    assert set(check["message"]) == set(check["facts"]["t"]) == set(check["revision"]) == {"*"}
    assert "TOKEN" in wait_reason(gate, "absent", "SecretUnreadable")["message"]
    pids = wait_until(lambda: alive(mark), what="the slow one")
    told = [gate.log(), gate.get("/metrics").body.decode(), gate.get("/v1/environments/prod").body.decode(),
            gate.get("/v1/verdict/prod").body.decode()]
    told += [run_tool("convergate", "probe", "-c", gate.config, "prod", name).stdout
             for name in ("echo", "json")]
    told += [pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode()
             for pid in [*pids, *children(gate.process.pid), gate.process.pid]
             if pathlib.Path(f"/proc/{pid}").exists()]
    told += [file.read_bytes().decode("latin-1") for file in tmp_path.glob("store*")]
    assert len(list(tmp_path.glob("store*"))) > 0
    for text in told:
        assert secret not in text


# ---- real plugins ----


@pytest.mark.skipif(not (PLUGINS / "check_disk").exists(), reason="tests/servers.sh build/servers plugins")
def test_monitoring_plugins(daemon, tmp_path):
    gate = daemon(config({name: {"argv": [str(PLUGINS / argv[0]), *argv[1:]], "exit_codes": "nagios"}
                          for name, argv in {
        "disk": ["check_disk", "-w", "1%", "-c", "1%", "-p", "/"],
        "full": ["check_disk", "-w", "100%", "-c", "100%", "-p", "/"],
        "load": ["check_load", "-w", "9999,9999,9999", "-c", "9999,9999,9999"],
        "warn": ["check_dummy", "1", "so so"],
        "tcp": ["check_tcp", "-H", "127.0.0.1", "-p", "1"],
        "wrong": ["check_disk"],
    }.items()}))  # fmt: skip
    check = wait_reason(gate, "disk", "Succeeded", "ready")
    assert check["message"].startswith("DISK OK - free space: /")
    assert check["facts"]["perf._"] > 0 and check["facts"]["perf._.unit"] == "B"
    assert check["value"] == check["facts"]["perf._"]
    assert 'fact="perf._"' in gate.get("/metrics").body.decode()
    wait_reason(gate, "full", "NotOk", "failed")
    assert wait_reason(gate, "load", "Succeeded")["facts"]["perf.load1.min"] == 0
    assert wait_reason(gate, "warn", "Warned", "degraded")["message"] == "WARNING: so so"
    wait_reason(gate, "tcp", "NotOk", "failed")
    wait_reason(gate, "wrong", "CannotTell", "unknown")


@pytest.mark.parametrize("path", sorted((ROOT / "config/examples/exec").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_pass(convergated, path):
    done = convergated("--check", "-c", path)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not pathlib.Path("/usr/bin/psql").exists(), reason="postgresql-client is not installed")
def test_a_database_that_does_not_listen_is_on_its_way(daemon, tmp_path):
    """As the example asks, of a port where nobody is."""
    (tmp_path / "password").write_text("not-needed")
    example = yaml.safe_load((ROOT / "config/examples/exec/databases.yaml").read_text())
    checks = {name: example["environments"]["prod"]["checks"][name] for name in ("postgres", "migration")}
    for keys in checks.values():
        keys["environment"] |= {"PGHOST": "127.0.0.1", "PGPORT": "1"}
        keys["secrets"][0]["value"] = f"file:{tmp_path}/password"
        del keys["interval"]
    gate = daemon(config(checks))
    for name in checks:
        assert "127.0.0.1" in wait_reason(gate, name, "NotYet", "progressing")["message"]
