"""A login provider for tests: OpenID Connect over real HTTP with a real key, which can also lie."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "campaign", "the-client-secret-of-the-tests"
COOKIE_SECRET = "a-cookie-secret-of-the-tests-0123456789"
_KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


class Provider:
    """``person`` logs in at the next visit; ``lie`` replaces claims of their token; ``codes_last``: a code works twice."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://localhost:{port}"
        self.person: dict[str, Any] = {}
        self.lie: dict[str, Any] = {}
        self.codes_last = False
        self.codes: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []
        """Parameters of the authorization requests."""

    @property
    def metadata(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks", "end_session_endpoint": "leave"}  # fmt: skip
        return {
            "issuer": self.issuer,
            **{name: f"{self.issuer}/{path}" for name, path in names.items()},
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        self.asked.append(asked)
        code = f"code-{len(self.codes)}"
        now = int(time.time())
        self.codes[code] = {
            "iss": self.issuer, "aud": [asked["client_id"]], "iat": now, "auth_time": now, "exp": now + 300,
            "nonce": asked["nonce"], **self.person, **self.lie,
        }  # fmt: skip
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        claims = self.codes.get(asked["code"]) if self.codes_last else self.codes.pop(asked["code"], None)
        if claims is None:
            return None
        signed = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, _KEY)
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            if path == "/authorize":
                self._redirect(it.authorize(asked))
            elif path == "/leave":
                self._redirect(asked["post_logout_redirect_uri"])
            else:
                self._json(it.metadata if "openid-configuration" in path else {"keys": [_KEY.as_dict(private=False)]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            found = it.token({name: values[0] for name, values in parse_qs(body).items()})
            self._json(found or {"error": "invalid_grant"}, 200 if found else 400)

        def _redirect(self, to: str) -> None:
            self.send_response(302)
            self.send_header("location", to)
            self.end_headers()

        def _json(self, value: object, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    it = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
