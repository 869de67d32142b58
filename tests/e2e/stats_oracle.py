"""Delivery figures as docs/practice-figures.md defines them, computed the slow way: each question
is answered by a look at the whole history."""
import datetime
import functools
import math
import subprocess
from dataclasses import dataclass

UTC = datetime.timezone.utc


@dataclass(frozen=True)
class Outcome:
    at: int  # microseconds since 1970
    deployment: int
    sha: str
    is_rollback: bool
    is_success: bool


def week_of(at):
    return datetime.datetime.fromtimestamp(at / 1e6, UTC).isocalendar()[:2]


def month_of(at):
    moment = datetime.datetime.fromtimestamp(at / 1e6, UTC)
    return moment.year, moment.month


def quantile(values, percent):
    """By nearest rank: the least value that so many percent of the values do not exceed."""
    return next((value for value in sorted(values)
                 if 100 * sum(other <= value for other in values) >= percent * len(values)), None)


class History:
    """The outcomes of one environment and task, all of them."""

    def __init__(self, outcomes, repository):
        self.all = sorted(outcomes, key=lambda outcome: outcome.at)
        lines = subprocess.run(["git", "-C", str(repository), "log", "--all",
                                "--format=%H %ct %P"], check=True, capture_output=True, text=True)
        self.commits = {sha: (int(time), parents) for sha, time, *parents in
                        map(str.split, lines.stdout.splitlines())}

    def of(self, deployment):
        return [one for one in self.all if one.deployment == deployment]

    def live_before(self, at):
        return next((one for one in reversed(self.all) if one.at < at and one.is_success), None)

    def counts(self, one):
        """Whether it decides anything: what was replaced may fail as it likes."""
        if one.is_success:
            return True
        has_succeeded = any(other.is_success and other.at < one.at
                            for other in self.of(one.deployment))
        live = self.live_before(one.at)
        return not has_succeeded or (live is not None and live.deployment == one.deployment)

    def decided_at(self, deployment):
        return min((one.at for one in self.of(deployment) if self.counts(one)), default=None)

    @functools.cached_property
    def replaced_by_rollback(self):
        """The successes that a rollback to another commit replaced, with the rollback's."""
        found = []
        for one in self.all:
            live = self.live_before(one.at)
            if one.is_success and one.is_rollback and live and live.sha != one.sha:
                found.append((live, one))
        return found

    def has_failed(self, deployment):
        return (any(not one.is_success and self.counts(one) for one in self.of(deployment)) or
                any(live.deployment == deployment for live, _ in self.replaced_by_rollback))

    def failures(self):
        """Each as (begin, end); the end is None while it lasts."""
        begins = {one.at for one in self.all
                  if not one.is_success and not one.is_rollback and self.counts(one)}
        successes = [one.at for one in self.all if one.is_success]
        last = 0
        for success in [*successes, math.inf]:
            between = [at for at in begins if last < at < success]
            if between:
                yield min(between), None if success == math.inf else success
            else:
                yield from ((live.at, success) for live, rollback in self.replaced_by_rollback
                            if rollback.at == success and not live.is_rollback)
            last = success

    def first_successes(self, rollbacks):
        firsts = {}
        for one in self.all:
            if one.is_success:
                firsts.setdefault(one.deployment, one)
        return [one for one in firsts.values() if one.is_rollback == rollbacks]

    def with_ancestors(self, sha):
        found, left = set(), [sha]
        while left:
            commit = left.pop()
            if commit not in found:
                found.add(commit)
                left += self.commits[commit][1]
        return found

    def new_commits(self, base, head):
        """Not by git's own walk, which goes by dates."""
        return {sha: self.commits[sha][0]
                for sha in self.with_ancestors(head) - self.with_ancestors(base)}

    def figures(self, since, until, is_within):
        """What the route should say of those moments of the range that `is_within` takes."""
        def within(at):
            return at is not None and since <= at < until and is_within(at)

        releases = self.first_successes(rollbacks=False)
        lead_times, unmeasured, seen = [], 0, set()
        for number, one in enumerate(releases):
            if not since <= one.at < until:
                continue
            if number == 0:
                unmeasured += within(one.at)
                continue
            for sha, committed in self.new_commits(releases[number - 1].sha, one.sha).items():
                if sha not in seen and within(one.at):
                    lead_times.append(max(one.at // 1_000_000 - committed, 0))
                seen.add(sha)
        changes = {one.deployment for one in self.all if not one.is_rollback}
        decided = [one for one in changes if within(self.decided_at(one))]
        failed = [one for one in decided if self.has_failed(one)]
        begun = [(begin, end) for begin, end in self.failures() if within(begin)]
        restored = [(end - begin) // 1_000_000 for begin, end in begun if end is not None]
        return {
            "deployments": sum(within(one.at) for one in releases),
            "rollbacks": sum(within(one.at) for one in self.first_successes(rollbacks=True)),
            "lead_time": (len(lead_times), quantile(lead_times, 50), quantile(lead_times, 90),
                          unmeasured),
            "change_failures": (len(failed), len(decided),
                                round(len(failed) / len(decided), 3) if decided else None),
            "time_to_restore": (len(restored), quantile(restored, 50), quantile(restored, 90),
                                len(begun) - len(restored)),
        }


def shown(row):
    """The same of a row of the answer."""
    def values(name, *members):
        return tuple(row[name][member] for member in members)

    return {
        "deployments": row["deployments"]["count"],
        "rollbacks": row["deployments"]["rollback_count"],
        "lead_time": values("lead_time", "commit_count", "median_seconds", "p90_seconds",
                            "unmeasured_count"),
        "change_failures": values("change_failures", "failed_count", "deployment_count", "share"),
        "time_to_restore": values("time_to_restore", "restored_count", "median_seconds",
                                  "p90_seconds", "unrestored_count"),
    }
