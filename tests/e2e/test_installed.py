# SPDX-License-Identifier: Apache-2.0
"""What an installation brings beside the programs: units, manual pages, completion. All of it is
tried as installed, below a folder of the test's own."""

import os
import re
import subprocess

import pytest

from conftest import BUILD, ROOT, answer, vector

PAGES = ["convergated.8", "convergate.1", "convergate.yaml.5"]


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, timeout=60,
                          capture_output=True, text=True, **kwargs)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed")
    done = run("cmake", "--install", BUILD, "--prefix", prefix)
    assert done.returncode == 0, done.stderr
    return prefix


# ---- the installation ----


def test_the_daemon_finds_its_modules_where_they_are_installed(installed):
    config = installed / "etc/convergate/convergate.yaml"
    done = run(installed / "sbin/convergated", "--check", "-c", config)
    assert done.returncode == 0 and ": ok: 1 source," in done.stdout, done.stderr


def test_another_installation_keeps_the_configuration(installed):
    config = installed / "etc/convergate/convergate.yaml"
    before = config.read_text()
    config.write_text(before + "# mine\n")
    assert run("cmake", "--install", BUILD, "--prefix", installed).returncode == 0
    assert config.read_text() == before + "# mine\n"


# ---- units ----


@pytest.fixture(scope="module")
def units(installed):
    """With the paths of this installation, as one that is configured for them would have."""
    folder = installed / "units"
    folder.mkdir()
    for unit in ("convergated.service", "convergated.socket"):
        text = (ROOT / "systemd" / unit).read_text()
        (folder / unit).write_text(text.replace("/usr/sbin/", f"{installed}/sbin/"))
    return folder


def test_systemd_understands_the_units(units):
    done = run("systemd-analyze", "verify", "--man=no", units / "convergated.service",
               units / "convergated.socket", env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
    assert done.returncode == 0 and not re.search(r"convergated\.\w+:\d+", done.stderr), done.stderr


def test_the_service_is_exposed_as_little_as_it_can_be():
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=15",
               ROOT / "systemd/convergated.service", env={**os.environ, "SYSTEMD_COLORS": "0"})
    score = re.search(r"Overall exposure level for convergated\.service: ([\d.]+) OK", done.stdout)
    assert done.returncode == 0 and score and float(score.group(1)) <= 1.5, done.stdout[-200:]


def test_the_socket_listens_where_the_daemon_does():
    socket = (ROOT / "systemd/convergated.socket").read_text()
    config = (ROOT / "config/convergate.yaml").read_text()
    assert re.search(r"^ListenStream=(.+)$", socket, re.M).group(1) == \
        re.search(r"^  listen: (\S+)$", config, re.M).group(1)


def test_the_user_and_its_folders_can_be_made(tmp_path):
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", ROOT / "systemd/convergate.sysusers.conf")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^convergate:x:\d+:\d+:Convergence gate:/var/lib/convergate:/usr/sbin/nologin$",
                     (tmp_path / "etc/passwd").read_text(), re.M)
    if os.geteuid() == 0:  # for the owner
        done = run("systemd-tmpfiles", f"--root={tmp_path}", "--create",
                   ROOT / "systemd/convergate.tmpfiles.conf")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "var/lib/convergate").stat().st_mode & 0o7777 == 0o750


def test_the_packaged_store_is_where_the_service_may_write(installed):
    unit = (ROOT / "systemd/convergated.service").read_text()
    [state] = re.findall(r"^StateDirectory=(\S+)$", unit, re.M)
    [store] = re.findall(r"^store: (\S+)$", (installed / "etc/convergate/convergate.yaml").read_text(), re.M)
    assert store.startswith(f"/var/lib/{state}/") and "\nUMask=0077\n" in unit
    assert f"\nd /var/lib/{state} 0750 convergate convergate -\n" in \
        (ROOT / "systemd/convergate.tmpfiles.conf").read_text()


def test_the_service_can_tell_one_boot_from_another():
    """Which boot it is stands in /proc; what was kept is exact only within one."""
    unit = (ROOT / "systemd/convergated.service").read_text()
    assert "boot_id" in (ROOT / "src/decide/restart.c").read_text()
    assert not re.search(r"^ProcSubset=pid", unit, re.M)


# ---- manual ----


@pytest.mark.parametrize("page", PAGES)
def test_manual_pages_are_well_made(page):
    done = run("mandoc", "-T", "lint", "-W", "warning,stop", ROOT / "docs/man" / page)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_manual_of_the_configuration_is_the_programs_own(convergated):
    assert (ROOT / "docs/man/convergate.yaml.5").read_text() == convergated("--print-manual").stdout, \
        "it is generated: bin/convergated --print-manual > docs/man/convergate.yaml.5"


def options(program):
    """Those that --help lists: "  -c, --config FILE   what it is for"."""
    found = set()
    for line in program("--help").stdout.split("\n"):
        if re.match(r" +-", line):
            names = line.strip().split("  ")[0]
            found.update(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", names))
    return found


@pytest.mark.parametrize("name, section", [("convergated", 8), ("convergate", 1)])
def test_the_manual_has_every_option(convergated, convergate, name, section):
    wanted = options({"convergated": convergated, "convergate": convergate}[name])
    text = run("mandoc", "-T", "ascii", ROOT / f"docs/man/{name}.{section}").stdout
    shown = set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", re.sub(r".\x08", "", text)))
    assert {"-h", "--help", "-c", "--config"} <= wanted and wanted <= shown, wanted - shown


# ---- alerts ----


def test_the_alerts_are_valid_and_look_at_metrics_that_exist(daemon, upstream, tmp_path):
    rules = ROOT / "config/monitoring/rules.yaml"
    done = run(os.environ["CVG_PROMTOOL"], "check", "rules", rules)
    assert done.returncode == 0, done.stdout + done.stderr
    fake = upstream({"m": lambda connection: connection.sendall(answer(vector(1)))})
    config = CONFIG.format(url=fake.url("m")) + f"store: {tmp_path}/store.db\n"
    metrics = daemon(config).get("/metrics").body.decode()
    named = set(re.findall(r"\b(?:convergate|process)_[a-z_]+", rules.read_text()))
    assert len(named) >= 5
    for name in named:
        assert re.search(rf"^{name}[{{ ]", metrics, re.M), name
    alerts = set(re.findall(r"alert: (\w+)", rules.read_text()))
    assert alerts == set(re.findall(r"^\| (Convergate\w+) \|", (ROOT / "docs/operations.md").read_text(), re.M))


# ---- completion ----

CONFIG = """
server: {{listen: "127.0.0.1:0"}}
sources: {{m: {{type: prometheus, url: "{url}"}}}}
environments:
  prod-eu: {{checks: {{c: {{source: m, query: x, ready: "> 0"}}}}, gates: {{deploy: {{}}, promote: {{}}}}}}
  prod-us: {{checks: {{c: {{source: m, query: x, ready: "> 0"}}}}}}
  staging: {{checks: {{c: {{source: m, query: x, ready: "> 0"}}}}}}
"""


@pytest.fixture
def server(daemon, upstream):
    fake = upstream({"m": lambda connection: connection.sendall(answer(vector(1)))})
    return f"http://127.0.0.1:{daemon(CONFIG.format(url=fake.url('m'))).port}"


def in_bash(installed, line):
    script = ('source "$1"; COMP_LINE=$2; COMP_POINT=${#COMP_LINE}; COMP_WORDS=($2); COMP_CWORD=0; '
              'COMPREPLY=(); _convergate "${COMP_WORDS[0]}"; printf "%s\\n" "${COMPREPLY[@]}"')
    return run("bash", "-c", script, "bash",
               installed / "share/bash-completion/completions/convergate", line)


def in_zsh(installed, line):
    """zsh completes in its line editor only; its two ways to answer are replaced by ones that print."""
    script = ('compadd() { print -l -- ${(P)2} } ; _files() { print -l -- ${words[CURRENT]}*(N) }; '
              'words=("${(@)${(@z)2}}"); [[ $2 == *" " ]] && words+=(""); CURRENT=${#words}; '
              'source "$1" | grep -- "^${words[CURRENT]#--*=}"; true')
    return run("zsh", "-f", "-c", script, "zsh",
               installed / "share/zsh/site-functions/_convergate", line)


@pytest.fixture(params=[in_bash, in_zsh], ids=["bash", "zsh"])
def complete(request, installed):
    def ask(line):
        """The line begins with a program's name; it is called by its path."""
        name, rest = line.split(" ", 1)
        place = "sbin" if name == "convergated" else "bin"
        done = request.param(installed, f"{installed}/{place}/{name} {rest}")
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return [word for word in done.stdout.split("\n") if word]

    return ask


def test_commands_and_options_are_completed(complete, convergate, convergated):
    commands = complete("convergate ")
    assert {"check", "status", "explain", "probe", "audit"} <= set(commands)
    assert len(commands) == len(set(commands))
    assert set(complete("convergate audit ")) == {"head", "verify", "export", "seal"}
    assert complete("convergate store b") == ["backup"]
    assert complete("convergate reload ") == []
    assert complete("convergate ch") == ["check"]
    assert {"--gate", "--wait", "--server"} <= set(complete("convergate check --"))
    assert set(complete("convergated --")) == {word for word in options(convergated) if word.startswith("--")}
    assert complete("convergate check x --ga") == ["--gate"]


def test_values_of_options_are_completed(complete, tmp_path):
    assert complete("convergate status -o ") == ["text", "json"]
    assert complete("convergate decisions --verdict h") == ["halt"]
    assert complete("convergate history x --kind s") == ["start", "status", "source"]
    assert complete("convergated --log-level w") == ["warning"]
    assert complete("convergated --describe pr") == ["prometheus"]
    (tmp_path / "gate.yaml").touch()
    assert complete(f"convergated -c {tmp_path}/ga") == [f"{tmp_path}/gate.yaml"]
    assert complete(f"convergate store backup {tmp_path}/ga") == [f"{tmp_path}/gate.yaml"]


def test_environments_and_gates_are_asked_of_the_daemon(complete, server):
    assert complete(f"convergate -s {server} check ") == ["prod-eu", "prod-us", "staging"]
    assert complete(f"convergate check --server {server} prod-") == ["prod-eu", "prod-us"]
    assert complete(f"convergate check -s {server} prod-eu --gate ") == ["deploy", "promote"]
    assert complete(f"convergate check -s {server} prod-eu -g p") == ["promote"]
    assert complete(f"convergate decisions -s {server} --environment st") == ["staging"]
    assert complete(f"convergate accept -s {server} prod-eu ") == ["c"]


def test_without_a_daemon_nothing_is_completed(complete):
    assert complete("convergate -s http://127.0.0.1:1 check ") == []


def test_the_shells_take_the_files(installed):
    found = run("bash", "-c", 'source "$1"; complete -p convergate convergated', "bash",
                installed / "share/bash-completion/completions/convergated")
    assert found.stdout.count("complete -F _convergate") == 2
    zsh = (installed / "share/zsh/site-functions/_convergate").read_text()
    assert zsh.startswith("#compdef convergate convergated\n")
