# SPDX-License-Identifier: Apache-2.0
"""Configurations for tests of the Kubernetes module, and what they wait for."""

import json

from conftest import wait_until


def config(cluster, checks, source=None, **more):
    """One environment `prod` with one gate; checks: name to keys. The small read comes each second,
    so that nothing here has to wait long for it."""
    source = {"kubeconfig": str(cluster.kubeconfig())} if source is None else source
    checks = {name: {"source": "cluster"} | check for name, check in checks.items()}
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"}, "defaults": {"rise": "0s", "fall": "0s"},
        "sources": {"cluster": {"type": "kubernetes", "probe_every": "1s"} | source},
        "environments": {"prod": {"checks": checks, "gates": {"deploy": {}}}}} | more)


DEPLOYMENT = {"kind": "Deployment", "namespace": "shop", "name": "api"}


def wait_check(gate, name, status, reason=None, seconds=20):
    """Waits until the check says so; returns it."""
    def ask():
        check = gate.check("prod", name)
        right = check["status"] == status and reason in (None, check["reason"])
        ask.last = check
        return check if right else None

    try:
        return wait_until(ask, seconds, what=f"{name} = {status} {reason or ''}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {ask.last}; log: {gate.log()[-3000:]}") from None
