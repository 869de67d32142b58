"""A Prometheus that reads a server, with the rules of docs/monitoring/. Debian's package is there;
its service is not started."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness import DIES_WITH_PARENT, ROOT, wait_until

MONITORING = ROOT / "docs/monitoring"
RULES = MONITORING / "alerts.yml"
DASHBOARD = MONITORING / "dashboard.json"


def promtool(*arguments, text=None):
    """Runs promtool; gives its exit code and all that it says."""
    done = subprocess.run(["promtool", *map(str, arguments)], check=False, input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout


def hurried_rules():
    """The rules with short times: those of the file, so that a test need not wait for minutes."""
    text = RULES.read_text()
    for pattern, short in ((r"for: \w+", "for: 1s"), (r"\[\d+[mh]\]", "[10s]"),
                           (r"_seconds > (900|300|86400)", "_seconds > 2")):
        text, count = re.subn(pattern, short, text)
        assert count > 0, pattern
    return text


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Prometheus:
    """It scrapes `url` each second, and judges the hurried rules each second."""

    def __init__(self, folder, url, token=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.url = f"http://127.0.0.1:{free_port()}"
        (self.folder / "alerts.yml").write_text(hurried_rules())
        target = urllib.parse.urlsplit(url)
        job = {"job_name": "esclusa", "metrics_path": target.path,
               "static_configs": [{"targets": [target.netloc]}]}
        if token:
            job["authorization"] = {"credentials": token}
        # JSON is YAML.
        (self.folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"], "scrape_configs": [job]}))
        self.process = None

    def __enter__(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, shutil.which("prometheus"),
                 f"--config.file={self.folder}/prometheus.yml",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address={urllib.parse.urlsplit(self.url).netloc}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_until(self.is_ready, "Prometheus")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def query(self, expression):
        """The series that answer the expression: (labels, value)."""
        address = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read()}") from error
        result = found["data"]["result"]
        if found["data"]["resultType"] == "scalar":
            return [({}, float(result[1]))]
        return [(one["metric"], float(one["value"][1])) for one in result]

    def value(self, expression):
        """The value of the one series that answers; None if there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def firing(self, alert):
        return self.query(f'ALERTS{{alertname="{alert}",alertstate="firing"}}')


def panels():
    """(title, expression) of each query of the dashboard, with its variables filled in."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "10s")
            yield panel["title"], expression.replace("$instance", ".*")
