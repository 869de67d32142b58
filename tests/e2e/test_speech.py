"""How the API speaks, whatever it is asked: preflights, redirects, conditions, limits, versions."""
import unittest

from harness import EsclusaTest


class Preflight(EsclusaTest):
    """A browser's script asks first, without credentials."""

    def test_options_on_any_path(self):
        for path in ("/", "/user", "/nothing", "/api/v3" + self.deployments, "/livez"):
            for token in (None, "nonsense"):
                with self.subTest(path=path, token=token):
                    answer = self.server.api(token).request("OPTIONS", path, headers={
                        "Origin": "http://example.com",
                        "Access-Control-Request-Method": "POST"})
                    self.assertEqual((answer.status, answer.body), (204, b""))
                    self.assertNotIn("Content-Type", answer.headers)
                    self.assertNotIn("Content-Length", answer.headers)
                    allowed = {name: answer.headers["Access-Control-" + name] for name in (
                        "Allow-Origin", "Allow-Headers", "Allow-Methods", "Max-Age")}
                    self.assertEqual(allowed, {
                        "Allow-Origin": "*",
                        "Allow-Headers": "Authorization, Content-Type, If-Match, "
                                         "If-Modified-Since, If-None-Match, If-Unmodified-Since, "
                                         "X-GitHub-OTP, X-Requested-With",
                        "Allow-Methods": "GET, POST, PATCH, PUT, DELETE", "Max-Age": "86400"})
                    self.assertIn("X-RateLimit-Remaining",
                                  answer.headers["Access-Control-Expose-Headers"])


if __name__ == "__main__":
    unittest.main()
