# SPDX-License-Identifier: Apache-2.0
"""A test's hand on the fake API server: starts it with certificates of its own, tells it what to
do, writes kubeconfigs for it, and stops, freezes and kills it."""

import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "test-token-ro"
ADMIN = "test-token-admin"


def openssl(*arguments, **more):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                   stdin=subprocess.DEVNULL, **more)


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = folder / "ca.crt", folder / "ca.key"
        self._key(self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-days", 30, "-subj", "/CN=test-ca",
                "-out", self.certificate)
        (folder / "index.txt").write_text("")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            "default_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n"
            "rand_serial=yes\n[p]\norganizationName=optional\ncommonName=optional\n")

    @staticmethod
    def _key(path):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)

    def issue(self, name, subject, alternative=None, expired=False):
        """(certificate, key)"""
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        self._key(key)
        more = ["-addext", f"subjectAltName={alternative}"] if alternative else []
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", request, *more)
        when = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if expired \
            else ["-days", "30"]
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", self.certificate,
                "-keyfile", self.key, "-in", request, "-out", certificate, *when, cwd=self.folder)
        return certificate, key


class Cluster:
    """The fake API server, running."""

    def __init__(self, folder, http2=True, expired=False):
        self.folder = pathlib.Path(folder)
        self.http2 = http2
        self.authority = Authority(self.folder / "pki")
        self.server_certificate = self.authority.issue(
            "server", "/CN=kube-apiserver", "IP:127.0.0.1,DNS:localhost,DNS:kubernetes.test",
            expired)
        self.client_certificate = self.authority.issue("admin", "/O=system:masters/CN=admin")
        self.process, self.port = None, 0
        self.start()

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kube.server", "--port", str(self.port),
                 "--cert", self.server_certificate[0], "--key", self.server_certificate[1],
                 "--client-ca", self.authority.certificate] + ([] if self.http2 else ["--http1"]),
                cwd=HERE.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True)
        line = self.process.stdout.readline()
        assert line, (self.folder / "server.log").read_text()
        about = json.loads(line)
        self.port = about["port"]
        self.control = socket.create_connection(("127.0.0.1", about["control"]))
        self.lines = self.control.makefile("rwb")
        self.do("token", token=TOKEN, user="gate-readonly")
        self.do("token", token=ADMIN, user="admin")
        self.do("allow", user="gate-readonly", verbs=["get", "list", "watch"],
                deny=["/secrets", "networking.k8s.io/ingresses"])

    def do(self, op, **arguments):
        self.lines.write(json.dumps({"op": op} | arguments).encode() + b"\n")
        self.lines.flush()
        line = self.lines.readline()
        assert line, f"the server ended: {(self.folder / 'server.log').read_text()}"
        found = json.loads(line)
        assert "error" not in found, found
        return found["answer"]

    def put(self, document, raw=None):
        return self.do("put", object=document, **({"raw": encoded(raw)} if raw else {}))

    def put_all(self, documents):
        return self.do("put_all", objects=list(documents))

    def delete(self, resource, namespace, name):
        return self.do("delete", resource=resource, namespace=namespace, name=name)

    def fault(self, match, do, times=1, **more):
        self.do("fault", match=match, do=do, times=times, **more)

    def watching(self, resource):
        return self.do("watches").get(resource, 0)

    def asked(self, part):
        """The requests so far whose target has that part."""
        return [one for one in self.do("requests") if part in one[1]]

    # ---- how clients find it ----

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def kubeconfig(self, name="kubeconfig", cluster=None, user=None, **context):
        """A file with one context; cluster, user: what differs from a token and the CA's file."""
        cluster = {"server": self.url, "certificate-authority": str(self.authority.certificate)} \
            if cluster is None else cluster
        user = {"token": TOKEN} if user is None else user
        document = {"apiVersion": "v1", "kind": "Config", "current-context": "test",
                    "clusters": [{"name": "fake", "cluster": cluster}],
                    "users": [{"name": "gate", "user": user}],
                    "contexts": [{"name": "test",
                                  "context": {"cluster": "fake", "user": "gate"} | context}]}
        path = self.folder / name
        path.write_text(json.dumps(document))  # which is YAML too
        path.chmod(0o600)
        return path

    # ---- what happens to servers ----

    def freeze(self):
        """Its kernel still acknowledges; nobody answers."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self):
        """Returns what the next one needs to go on from here."""
        state = self.do("dump")
        self.process.kill()
        self.process.wait(30)
        self.lines.close()
        self.control.close()
        return state

    def back(self, state):
        self.start()
        self.do("restore", **state)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
        for one in (self.lines, self.control, self.process.stdin, self.process.stdout):
            try:
                one.close()
            except OSError:
                pass


def encoded(data):
    return base64.b64encode(data).decode()
