# SPDX-License-Identifier: Apache-2.0
"""Signature Version 4 from the other side: what arrived on the wire is verified by the published
algorithm (AWS General Reference, "Create a signed AWS API request"; Amazon S3 API Reference,
"Authenticating Requests"), from the header that came and the keys that are known. It shares no code
with the daemon."""

import datetime
import hashlib
import hmac
import re
import urllib.parse


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def encode(text):
    return urllib.parse.quote(text, safe="-._~")


def canonical_path(path, service):
    """Dot segments and repeated slashes out, and the wire's spelling encoded once more; S3 does
    neither: it encodes the name itself, once."""
    if service == "s3":
        return "/".join(encode(urllib.parse.unquote_to_bytes(segment))
                        for segment in path.split("/"))
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    slash = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(encode(segment) for segment in kept) + slash


def canonical_query(query):
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    spelled = [(encode(urllib.parse.unquote(name)), encode(urllib.parse.unquote(value)))
               for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(spelled))


def signature(request, body, signed, secret, date, region, service):
    path, _, query = request.path.partition("?")
    headers = "".join(
        f"{name}:{','.join(re.sub(' +', ' ', value.strip()) for value in request.headers.get_all(name))}\n"
        for name in signed)
    canonical = "\n".join([request.command, canonical_path(path, service), canonical_query(query),
                           headers, ";".join(signed), sha256(body)])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{sha256(canonical.encode())}"
    key = b"AWS4" + secret.encode()
    for step in (date[:8], region, service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def must_be_signed(request):
    present = {name.lower() for name in request.headers.keys()}
    return {"host", "x-amz-date"} | {name for name in present
                                     if name == "content-type" or name.startswith("x-amz-")}


def wrong_payload_hash(request, body, service):
    """S3 wants the payload's hash in a header, too."""
    return service == "s3" and request.headers.get("X-Amz-Content-Sha256") != sha256(body)


def refusal(request, body, keys, region, service):
    """Why the request is refused, in AWS's words where it has some; None: it is taken. keys: id ->
    (secret, session token)."""
    given = request.headers.get_all("Authorization") or []
    if len(given) != 1:
        return f"{len(given)} Authorization headers"
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/"
                         r"aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
                         given[0])
    if not found:
        return "IncompleteSignatureException"
    identity, day, *scope, names, came = found.groups()
    if identity not in keys:
        return "UnrecognizedClientException"
    secret, token = keys[identity]
    signed, must = names.split(";"), must_be_signed(request)
    date = request.headers.get("X-Amz-Date", "")
    if not must <= set(signed) or signed != sorted(signed):
        return f"SignedHeaders lacks {sorted(must - set(signed))}"
    if scope != [region, service] or day != date[:8]:
        return "Credential should be scoped to a valid region, service and date"
    if request.headers.get("X-Amz-Security-Token") != token:
        return "The security token included in the request is invalid"
    sent = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    if abs(datetime.datetime.utcnow() - sent) > datetime.timedelta(minutes=5):
        return "Signature expired"
    if wrong_payload_hash(request, body, service):
        return "XAmzContentSHA256Mismatch"
    wanted = signature(request, body, signed, secret, date, region, service)
    return None if hmac.compare_digest(wanted, came) else "SignatureDoesNotMatch"
