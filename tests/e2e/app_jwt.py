"""JSON web tokens as apps sign them, by OpenSSL's command line."""
import base64
import json
import subprocess
import time


def encode(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def make_jwt(key_file, issuer, *, issued=-30, expires=540, not_before=None, header=None):
    """A JWT of the app; `issued`, `expires` and `not_before` are seconds from now."""
    now = int(time.time())
    claims = {"iss": issuer, "iat": now + issued, "exp": now + expires}
    if not_before is not None:
        claims["nbf"] = now + not_before
    parts = [header or {"alg": "RS256", "typ": "JWT"}, claims]
    text = ".".join(encode(json.dumps(part).encode()) for part in parts)
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key_file, "-binary"],
                               input=text.encode(), check=True, capture_output=True).stdout
    return f"{text}.{encode(signature)}"
