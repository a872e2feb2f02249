#!/usr/bin/env python3
"""Holds stacktrail against faults that nobody here wrote: microburst, a proxy that injects what AWS really does.

    faults.py PATH/TO/stacktrail

Started by run.sh, in the environment that run.sh makes. The embedded endpoint plays a failed deployment; microburst
stands between it and `stacktrail watch`. Under every rule, each event must be told once and as the endpoint has it,
nothing else may be told or kept, and the exit code must be the deployment's. One line a check, at the end
`N passed, N failed`; exit 1 if any failed.
"""

import json
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import boto3

from interop import BIN, Checks, Died, Endpoint, Program, Watcher, all_events, check_end, next_port

SCENARIO = "denied-custom-resource"
REGION = "eu-west-1"
SPEED = 15
EVENTS = {"service": "cloudformation", "operation": "DescribeStackEvents"}
TRAIL = {"service": "cloudtrail", "operation": "LookupEvents"}
ALL = {"service": "*"}


def error(code, status, message):
    return {"error": {"code": code, "status": status, "message": message}}


# What is done, to what, and how often.
RULES = {
    "events throttled": [{**EVENTS, **error("Throttling", 400, "Rate exceeded"), "times": 8}],
    "trail throttled": [{**TRAIL, **error("ThrottlingException", 400, "Rate exceeded"), "times": 6}],
    "a storm of 500": [{**ALL, **error("InternalFailure", 500, "broken"), "probability": 0.4, "times": 40}],
    "a storm of 503": [{**ALL, **error("ServiceUnavailable", 503, "broken"), "sequence": {"fail": 3, "pass": 2}, "times": 30}],
    "connections reset": [{**EVENTS, "reset": True, "times": 8}],
    "a call that hangs": [{**EVENTS, "timeout_ms": 20_000, "times": 1}],
    "slow": [{**ALL, "latency": {"min": 100, "max": 1_500}, "times": 25}],
    "pages cut in half": [{**EVENTS, "response": {"truncate_frac": 0.5}, "times": 8}],
    "pages cut near their end": [{**EVENTS, "response": {"truncate_frac": 0.97}, "times": 8}],
    "pages that break off": [{**ALL, "response": {"abort_frac": 0.6}, "times": 8}],
    "pages with wrong bytes": [{**EVENTS, "response": {"corrupt_bytes": 24}, "times": 8}],
    "trail with wrong bytes": [{**TRAIL, "response": {"corrupt_bytes": 64}, "times": 3}],
    "a wrong content type": [{**ALL, "response": {"set_headers": {"Content-Type": "text/plain"}}}],
    "credentials run out": [{**EVENTS, **error("ExpiredToken", 403, "The security token included in the request is expired"), "times": 6}],
    "a clock that is wrong": [{**EVENTS, **error("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."), "times": 2}],
}


class Through(Program):
    """The program behind the proxy, in the endpoint's time."""

    def __init__(self, binary, endpoint, began):
        super().__init__(binary, endpoint)
        self.began = began

    def command(self, *arguments):
        passed = (datetime.now(timezone.utc) - self.began) * SPEED
        there = ["--endpoint-url", self.endpoint.url, "--region", REGION]
        clock = f"{SPEED}@{(self.began + passed).isoformat().replace('+00:00', 'Z')}"
        return [str(self.binary), *arguments, "--data-dir", str(self.home / "data"), *there, "--clock", clock]


def fired(endpoint):
    with urllib.request.urlopen(endpoint.url + "/_microburst/fired?limit=1000", timeout=5) as answer:
        return len(json.load(answer))


def key(event):
    return event["event_id"], event["status"], event["logical_id"]


def serves(upstream):
    """Whether the proxy that answers stands before this endpoint and no other."""
    return lambda answer: json.loads(answer).get("upstream") == upstream


def hold(check, binary, home, what, rules):
    """Holds one rule; once more if the proxy died under it, which says nothing of the program."""
    try:
        once(check, binary, home / what.replace(" ", "-"), what, rules)
    except Died as trouble:
        print(f"     {what}: once more, for {trouble}", flush=True)
        once(check, binary, home / f"{what.replace(' ', '-')}-again", what, rules)


def once(check, binary, place, what, rules):
    place.mkdir()
    config = place / "rules.json"
    config.write_text(json.dumps({"rules": rules}))
    port = next_port()
    upstream = f"http://127.0.0.1:{port}"
    proxy = [BIN / "microburst", "--upstream", upstream, "--port", "PORT", "--config", config]
    with Endpoint("microburst", proxy, {}, "/_microburst/health", place, serves(upstream)) as endpoint:
        # The story begins when all else is up: on a busy machine it would be over before the first look.
        with Story(binary, port, place) as story:
            watcher = Watcher(Through(binary, endpoint, story.began), story.stack_id)
            code = watcher.end(150)
            endpoint.check_alive()
            check(f"{what}: the rule struck", fired(endpoint) > 0)
            check_end(check, what, watcher, code, 1, "rolled_back")
            check_told(check, what, watcher, upstream)


class Story:
    """The embedded endpoint on a port that was promised to the proxy."""

    def __init__(self, binary, port, place):
        self.command = [str(binary), "demo", SCENARIO, "--serve", "--speed", str(SPEED), "--port", str(port),
                        "--data-dir", str(place / "serve")]

    def __enter__(self):
        self.began = datetime.now(timezone.utc)
        self.server = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready = self.server.stdout.readline()
        if not ready:
            raise Died(f"the story did not begin: {self.server.stderr.read()}")
        # By its ARN: where everything starts slowly the stack is deleted before the first look.
        self.stack_id = json.loads(ready)["expect"]["stack_id"]
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(10)


def check_told(check, what, watcher, upstream):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
    stacks = boto3.client("cloudformation", endpoint_url=upstream, **keys)
    told = [key(line) for line in watcher.of("stack_event")]
    arns = {line["stack_id"] for line in watcher.of("stack_event")}
    there = {(event["EventId"], event["ResourceStatus"], event["LogicalResourceId"])
             for arn in arns for event in all_events(stacks, arn)}
    check(f"{what}: every event is told as it is, and no other", set(told) == there, sorted(there ^ set(told)))
    check(f"{what}: ... once", len(told) == len(set(told)), told)
    roots = [line["logical_id"] for line in watcher.of("failure") if line["role"] == "root"]
    check(f"{what}: one root is told", len(roots) == 1, roots)


def main():
    binary = Path(sys.argv[1]).resolve()
    check = Checks()
    with tempfile.TemporaryDirectory(prefix="stacktrail-faults-") as home:
        with ThreadPoolExecutor(3) as some_at_once:
            runs = {what: some_at_once.submit(hold, check, binary, Path(home), what, rules) for what, rules in RULES.items()}
        for what, run in runs.items():
            trouble = run.exception()
            if trouble is not None:
                check(f"{what} could be checked to its end", False, repr(trouble))
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
