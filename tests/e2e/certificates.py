# SPDX-License-Identifier: Apache-2.0
"""Certificates as authorities issue them, good and bad, made by openssl when they are wanted."""

import datetime
import hashlib
import ssl
import subprocess

CONFIG = """[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical, CA:false
extendedKeyUsage = serverAuth
subjectAltName = {names}
[client]
basicConstraints = critical, CA:false
extendedKeyUsage = clientAuth
subjectAltName = {names}
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def day(offset):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=offset, hours=1)
    return at.strftime("%Y%m%d%H%M%SZ")


def fingerprint(pem):
    first = pem.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


class Issuer:
    """Somebody who issues certificates; `above` issued its own, or else itself did."""

    def __init__(self, folder, name, above=None):
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000\n")
        self.above = above
        self.pem, self.key = (above or self)._issue(self.folder / "own", name, "authority",
                                                    by_itself=above is None)  # fmt: skip

    def _issue(self, stem, subject, kind, names="DNS:none.test", begin=-1, end=90, key=None,
               by_itself=False):  # fmt: skip
        paths = {what: stem.with_suffix(f".{what}") for what in ("key", "csr", "pem", "cnf")}
        paths["cnf"].write_text(CONFIG.format(folder=self.folder, names=names))
        openssl("req", "-new", *(key or KEY), "-nodes", "-keyout", paths["key"], "-out", paths["csr"],
                "-subj", f"/CN={subject}")
        signer = (["-selfsign", "-keyfile", paths["key"]] if by_itself
                  else ["-cert", self.pem, "-keyfile", self.key])  # fmt: skip
        openssl("ca", "-batch", "-notext", "-config", paths["cnf"], "-extensions", kind,
                "-in", paths["csr"], "-out", paths["pem"], "-startdate", day(begin), "-enddate", day(end),
                *signer)
        return paths["pem"], paths["key"]

    def server(self, name, names="DNS:shop.test", kind="server", chain=True, **more):
        """The chain as a server has it, and its key."""
        pem, key = self._issue(self.folder / name, name, kind, names, **more)
        if chain and self.above and not more.get("by_itself"):
            pem.write_text(pem.read_text() + self.pem.read_text())
        return pem, key
