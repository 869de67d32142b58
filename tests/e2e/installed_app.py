"""An app that is installed at the organization demo, for tests that need one."""
import dataclasses
import re

from app_jwt import make_jwt


@dataclasses.dataclass
class InstalledApp:
    """`jwt` is signed by the app, and `token` is one of its installation."""
    id: int
    slug: str
    installation: int
    jwt: str
    token: str


def install_app(server, name, *events):
    """Creates an app that may write deployments and hears these events, and installs it."""
    slug, key = name.lower(), server.folder / f"{name}.pem"
    heard = [word for event in events for word in ("--event", event)]
    made = server.cli("app", "create", name, "--owner", "demo", "--permission",
                      "deployments=write", *heard, "--key-file", key)
    server.cli("app", "install", slug, "demo")
    number = int(re.search(r"id (\d+),", made.stdout)[1])
    jwt = make_jwt(key, number)
    app = server.api(jwt)
    installation = app.get("/orgs/demo/installation").json["id"]
    answer = app.post(f"/app/installations/{installation}/access_tokens")
    assert answer.status == 201, answer
    return InstalledApp(number, slug, installation, jwt, answer.json["token"])
