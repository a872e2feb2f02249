#!/usr/bin/env python3
"""Holds stacktrail against endpoints that nobody here wrote, and its own endpoint against boto3.

    interop.py PATH/TO/stacktrail

Started by run.sh, in the environment that run.sh makes. Real stacks are created, updated, broken and deleted
with boto3 while `stacktrail watch --headless --output jsonl` looks on; then `diagnose` is asked, live and from
the archive. One line a check, at the end `N passed, N failed`; exit 1 if any failed.

What the endpoints cannot do, and what is therefore not checked with them:

ministack 1.5.33
  - Its LookupEvents has no error codes and leaves denied calls out: no record of the denial can be found. The
    denial must come from the function's log, and the trail must end with "nothing".
  - Its custom resources fail with the function's own reason, without CloudFormation's "Received response status
    [FAILED]" before it, and its log groups outlive the function.
  - A deleted stack still answers by name, so "gone from AWS" cannot be checked, only DELETE_COMPLETE.
  - It makes its events within milliseconds: their order within one millisecond is its own.
  - It tells nothing of the children of a failed nested stack.
moto 5.2.5
  - Events of the stack itself only, none of resources: no failure can be found, and what fails in an update
    leaves the stack in UPDATE_IN_PROGRESS. It must be watched on, and the next update must end it.
  - No LookupEvents and no ListStackResources worth the name: `diagnose` must live without.
  - Its Logs Insights evaluates no `filter`, tells no bytes and cannot be stopped: it shows that the requests are understood,
    that the time is heeded and that lines are read.
  - Its Athena evaluates nothing and describes no table: it shows that the requests are understood, how a query goes
    through its states, and that rows are read. What a query finds is held against the embedded endpoint.
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import recorder

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
REGION = "eu-west-1"
# The program's clock runs faster, so that its patience with the trail (20 minutes) ends within a minute.
SPEED = "20"
# A watch that waits for a change starts so many seconds before its clock and the wall tell the same time.
AHEAD = 3

HANDLER = """
import json, urllib.request, boto3
def handler(event, context):
    print("request", event["RequestId"], event["RequestType"])
    status = "SUCCESS"
    if event["RequestType"] == "Create":
        try:
            boto3.client("s3").create_bucket(Bucket="interop-denied")
        except Exception as error:
            print("[ERROR] Setup failed:", error)
            status = "FAILED"
    stream = context.log_stream_name
    body = {"Status": status, "Reason": "See the details in CloudWatch Log Stream: " + stream,
            "PhysicalResourceId": stream, "StackId": event["StackId"], "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"]}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT"))
"""


def template(*extra, broken=False):
    resources = {"Topic": {"Type": "AWS::SNS::Topic"}}
    resources |= {name: {"Type": "AWS::SQS::Queue"} for name in extra}
    if broken:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        allow_logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        resources["Role"] = {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "logs", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow_logs]}}]}}
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        resources["Function"] = {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": version, "Handler": "index.handler", "Code": {"ZipFile": HANDLER}, "Timeout": 30,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]}}}
        resources["Setup"] = {"Type": "Custom::Setup", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}}
    return json.dumps({"Resources": resources})


class Checks:
    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def __call__(self, what, holds, detail=""):
        with self.lock:
            print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)
            self.passed += bool(holds)
            self.failed += not holds


class NotOurs(Exception):
    """A port was answered by somebody else's process, or ours ended before it answered."""


class Died(Exception):
    """A foreign endpoint ended while it was needed."""


class Endpoint:
    """A foreign endpoint as a process of its own, on a port of 127.0.0.1 that nobody else is given.

    It is up when its own process answers, not when anybody does: two that were given the same port would else
    share the one which came first, and lose it with that one."""

    def __init__(self, name, command, environment, health, home, knows=lambda answer: True):
        self.name, self.command, self.environment, self.home = name, command, environment, home
        self.health, self.knows = health, knows

    def __enter__(self):
        for attempt in (1, 2, 3):
            self.start()
            try:
                return self.wait_until_up()
            except NotOurs as trouble:
                self.__exit__()
                if attempt == 3:
                    raise Died(f"{self.name} did not start: {trouble}; its log ends: {self.log_end()}") from trouble

    def start(self):
        self.port = next_port()
        command = [str(part).replace("PORT", str(self.port)) for part in self.command]
        environment = {key: value.replace("PORT", str(self.port)) for key, value in self.environment.items()}
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.home / f"{self.name}.log"
        with open(self.log, "w") as log:
            # A session of its own, so that all of its processes can be told from everybody else's.
            self.process = subprocess.Popen(
                command, env={**os.environ, **environment}, cwd=self.home, stdout=log, stderr=log, start_new_session=True)

    def wait_until_up(self):
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None:
                raise NotOurs(f"it ended with {self.process.returncode}")
            try:
                with urllib.request.urlopen(self.url + self.health, timeout=2) as answer:
                    said = answer.read()
            except OSError as error:
                if time.monotonic() > deadline:
                    raise NotOurs(f"it does not answer on port {self.port}: {error!r}") from error
                time.sleep(0.1)
                continue
            if not (listens(self.process.pid, self.port) and self.knows(said)):
                raise NotOurs(f"port {self.port} is answered by somebody else")
            return self

    def check_alive(self):
        """Raises if the process has ended: what was seen since then is nobody's fault but its own."""
        code = self.process.poll()
        if code is not None:
            raise Died(f"{self.name} ended with {code} while it was needed; its log ends: {self.log_end()}")

    def log_end(self):
        return self.log.read_text(errors="replace")[-2_000:] or "(empty)"

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def client(self, service):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
        return boto3.client(service, endpoint_url=self.url, config=Config(retries={"total_max_attempts": 1}), **keys)


def ports():
    """Ports to listen on, each given once: below those that the system gives to outgoing connections, from a
    place that differs from process to process, and free when they are given."""
    try:
        ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        ephemeral = 32_768
    first, last = (10_000, ephemeral) if ephemeral > 12_000 else (10_000, 60_000)
    start = random.SystemRandom().randrange(last - first)
    for step in range(last - first):
        port = first + (start + step) % (last - first)
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


PORTS, PORTS_LOCK = ports(), threading.Lock()


def next_port():
    with PORTS_LOCK:
        return next(PORTS)


def listens(leader, port):
    """Whether a process of the session that this one leads listens on the port; true where that cannot be asked."""
    listening = "0A"
    try:
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    except OSError:
        return True
    sockets = {f"socket:[{line[9]}]" for line in lines if line[3] == listening and int(line[1].split(":")[1], 16) == port}
    return any(sockets & open_files(process) for process in session(leader))


def session(leader):
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(place.name)) == leader:
                yield place
        except OSError:
            continue


def open_files(process):
    try:
        return {os.readlink(file) for file in (process / "fd").iterdir()}
    except OSError:
        return set()


class Watcher:
    """`stacktrail watch` while it looks on."""

    def __init__(self, program, target, *more, begin=None):
        self.begin = begin or datetime.now(timezone.utc)
        at = {"clock": f"{SPEED}@{begin.isoformat().replace('+00:00', 'Z')}"} if begin else {}
        command = program.command("watch", target, "--headless", "--output", "jsonl", *more, **at)
        self.process = subprocess.Popen(command, env=program.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started = time.monotonic()
        self.lines, self.changed = [], threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def until(self, holds, seconds=60):
        """Waits for a line; false if it does not come."""
        with self.changed:
            seen = lambda: any(line is None or holds(line) for line in self.lines)
            self.changed.wait_for(seen, seconds)
            return any(line is not None and holds(line) for line in self.lines)

    @classmethod
    def before_a_change(cls, program, target, after):
        """One that waits for the next change, where its clock and the wall tell the same time.

        Were the program's faster clock ahead, a change would seem to have been over long before the program looked,
        and a log that is there a moment after the failure never to have come. So it starts behind, and when the wall
        has come to what the clock of the one before told: it recorded how the stack stood then."""
        told = (after.told - datetime.now(timezone.utc)).total_seconds()
        time.sleep(max(AHEAD * (float(SPEED) - 1), told))
        watcher = cls(program, target, "--next", begin=datetime.now(timezone.utc) - timedelta(seconds=AHEAD * (float(SPEED) - 1)))
        watcher.until(lambda line: line["type"] == "stack_event")
        # Until then a stack that stands well has also been asked for its outputs.
        late = time.monotonic() - watcher.started - AHEAD
        time.sleep(-late if late < 0 else late * (float(SPEED) - 1))
        return watcher

    def end(self, seconds=150):
        """The exit code; ended by us if it does not end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f"none within {seconds} s; {self.process.wait()}"
        # What its clock told in the end.
        self.told = self.begin + timedelta(seconds=(time.monotonic() - self.started) * float(SPEED))
        self.reader.join(10)
        self.errors = self.process.stderr.read()
        self.lines = [line for line in self.lines if line is not None]
        return code

    def of(self, kind):
        return [line for line in self.lines if line and line["type"] == kind]


class Program:
    def __init__(self, binary, endpoint):
        self.binary, self.endpoint = binary, endpoint
        self.home = endpoint.home / f"{endpoint.name}-home"
        kept = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home)}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
        self.environment = {**kept, **keys}

    def command(self, *arguments, clock=SPEED):
        there = ["--endpoint-url", self.endpoint.url, "--region", REGION, "--clock", clock]
        return [str(self.binary), *arguments, "--data-dir", str(self.home / "data"), *there]

    def diagnose(self, target, *more):
        command = self.command("diagnose", target, "--output", "json", *more)
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=90)
        document = json.loads(ended.stdout) if ended.stdout.startswith("{") else {"stderr": ended.stderr}
        return ended.returncode, document


def settled(stacks, name, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.1)
    return f"{status} still after {seconds} s"


def all_events(stacks, arn):
    pages = stacks.get_paginator("describe_stack_events").paginate(StackName=arn)
    return [event for page in pages for event in page["StackEvents"]]


def check_events(check, what, watcher, events, first=None):
    told = [line["event_id"] for line in watcher.of("stack_event")]
    there = {event["EventId"] for event in events}
    check(f"{what}: every event is told", set(told) == there, sorted(there ^ set(told)))
    check(f"{what}: ... once", len(told) == len(set(told)), told)
    times = [line["at"] for line in watcher.of("stack_event")]
    check(f"{what}: ... in order", times == sorted(times), times)


def check_end(check, what, watcher, code, wanted, outcome):
    check(f"{what}: exit code {wanted}", code == wanted, f"{code} {watcher.errors}")
    last = watcher.lines[-1] if watcher.lines else {}
    right = (last.get("type"), last.get("outcome"), last.get("exit_code")) == ("end", outcome, wanted)
    check(f"{what}: the last line says {outcome}", right, last)


def check_denial(check, what, code, document, deleted):
    """A diagnosis of the denied custom resource."""
    check(f"{what}: exit code 1", code == 1, f"{code} {document.get('stderr', '')}")
    failures = document.get("failures", [])
    roots = [failure for failure in failures if failure["role"] == "root"]
    check(f"{what}: Setup is the only root", [root["logical_id"] for root in roots] == ["Setup"], roots)
    check(f"{what}: deleted is {deleted}", document.get("stack", {}).get("deleted") == deleted, document.get("stack"))
    if not roots:
        return
    root = roots[0]
    category = root["facts"]["category"]
    check(f"{what}: category custom_resource_failed", category == "custom_resource_failed", category)
    lines = [line["message"] for line in root["logs"]["lines"]]
    check(f"{what}: the function's error line is there", any("[ERROR] Setup failed" in line for line in lines), lines)
    cause = root["causes"][0] if root["causes"] else {}
    check(f"{what}: the first cause is the denied s3:CreateBucket", "s3:CreateBucket" in cause.get("claim", ""), cause)
    rests = any(evidence.startswith("log:") for evidence in cause.get("evidence", []))
    check(f"{what}: ... which rests on the log, with reasons", rests and cause.get("why"), cause)
    strong = [record for record in root["trail"]["records"] if record["confidence"] != "low"]
    check(f"{what}: no record is above low", not strong, strong)


def broken_creation(check, program, stacks):
    """A stack that is waited for, fails, is rolled back, and is deleted while the trail is still awaited."""
    what = "ministack, denied custom resource"
    watcher = Watcher(program, "broken")
    waits = watcher.until(lambda line: line["type"] == "notice" and "no stack broken" in line["message"])
    check(f"{what}: it is waited for", waits, watcher.lines)
    arn = stacks.create_stack(StackName="broken", TemplateBody=template(broken=True), Capabilities=["CAPABILITY_IAM"])["StackId"]
    status = settled(stacks, arn)
    check(f"{what}: the endpoint rolled it back", status == "ROLLBACK_COMPLETE", status)
    seen = watcher.until(lambda line: line["type"] == "log_line" and "Setup failed" in line["message"])
    check(f"{what}: its log line is told", seen, watcher.of("log_line"))
    seen = watcher.until(lambda line: line["type"] == "status" and line["status"] == "ROLLBACK_COMPLETE")
    check(f"{what}: its rollback is told", seen, watcher.of("status"))
    code, document = program.diagnose(arn)
    check_denial(check, "ministack, diagnosed after the rollback", code, document, deleted=False)
    stacks.delete_stack(StackName=arn)
    seen = watcher.until(lambda line: line["type"] == "status" and line["status"] == "DELETE_COMPLETE")
    check(f"{what}: its deletion is told", seen, watcher.of("status"))
    code = watcher.end()
    check_end(check, what, watcher, code, 1, "rolled_back")
    check_events(check, what, watcher, all_events(stacks, arn))
    roots = [line["logical_id"] for line in watcher.of("failure") if line["role"] == "root"]
    check(f"{what}: Setup is told as the only root", roots == ["Setup"], watcher.of("failure"))
    code, document = program.diagnose(arn)
    check_denial(check, "ministack, diagnosed by ARN after the deletion", code, document, deleted=True)
    code, document = program.diagnose(arn, "--offline")
    check_denial(check, "ministack, diagnosed from the archive", code, document, deleted=True)


def healthy_then_broken(check, program, stacks):
    """Created, updated, and broken by an update."""
    what = "ministack, creation"
    watcher = Watcher(program, "steady")
    watcher.until(lambda line: line["type"] == "notice")
    arn = stacks.create_stack(StackName="steady", TemplateBody=template())["StackId"]
    code = watcher.end(60)
    check_end(check, what, watcher, code, 0, "succeeded")
    check_events(check, what, watcher, all_events(stacks, arn))
    what = "ministack, update"
    watcher = Watcher.before_a_change(program, arn, after=watcher)
    stacks.update_stack(StackName=arn, TemplateBody=template("Orders"))
    code = watcher.end(60)
    check_end(check, what, watcher, code, 0, "succeeded")
    check_events(check, what, watcher, all_events(stacks, arn))
    what = "ministack, broken update"
    watcher = Watcher.before_a_change(program, "steady", after=watcher)
    stacks.update_stack(StackName=arn, TemplateBody=template("Orders", broken=True), Capabilities=["CAPABILITY_IAM"])
    status = settled(stacks, arn)
    check(f"{what}: the endpoint rolled it back", status == "UPDATE_ROLLBACK_COMPLETE", status)
    code = watcher.end()
    check_end(check, what, watcher, code, 1, "rolled_back")
    check_events(check, what, watcher, all_events(stacks, arn))
    code, document = program.diagnose("steady")
    check_denial(check, f"{what}, diagnosed by name", code, document, deleted=False)
    operations = [(attempt["operation"], attempt["outcome"]) for attempt in document.get("attempts", [])]
    wanted = [("create", "succeeded"), ("update", "succeeded"), ("update", "rolled_back")]
    check(f"{what}: its three attempts are told apart", operations == wanted, operations)


def ministack(check, binary, home):
    environment = {
        "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "PORT", "MINISTACK_HOST": "127.0.0.1", "AUTH": "true",
        "CLOUDTRAIL_RECORDING": "1", "LAMBDA_EXECUTOR": "local", "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "SFTP_PORT": str(next_port()), "IOT_MTLS_PORT": str(next_port()),
    }
    with Endpoint("ministack", [BIN / "ministack"], environment, "/_ministack/health", home) as endpoint:
        program, stacks = Program(binary, endpoint), endpoint.client("cloudformation")
        with ThreadPoolExecutor(2) as both:
            runs = [both.submit(run, check, program, stacks) for run in (broken_creation, healthy_then_broken)]
        for run in runs:
            run.result()
        recorder.run(check, program, endpoint, all_events)


def moto(check, binary, home):
    command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", "PORT"]
    with Endpoint("moto", command, {}, "/moto-api/", home) as endpoint:
        program, stacks = Program(binary, endpoint), endpoint.client("cloudformation")
        what = "moto, creation"
        watcher = Watcher(program, "lifecycle")
        watcher.until(lambda line: line["type"] == "notice")
        arn = stacks.create_stack(StackName="lifecycle", TemplateBody=template())["StackId"]
        code = watcher.end(60)
        check_end(check, what, watcher, code, 0, "succeeded")
        check_events(check, what, watcher, all_events(stacks, arn))
        what = "moto, update"
        watcher = Watcher.before_a_change(program, arn, after=watcher)
        before = len(all_events(stacks, arn))
        broken = json.dumps({"Resources": {"Twin": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "not a name"}}}})
        try:
            stacks.update_stack(StackName=arn, TemplateBody=broken)
        except ClientError as error:
            print(f"     moto refuses the broken update: {error.response['Error']['Code']}", flush=True)
        begun = len(all_events(stacks, arn)) > before
        if begun:
            seen = watcher.until(lambda line: line["type"] == "status" and line["status"] == "UPDATE_IN_PROGRESS")
            check(f"{what}: what failed half-way is told as in progress", seen, watcher.of("status"))
            check(f"{what}: ... and watched on", watcher.process.poll() is None)
        stacks.update_stack(StackName=arn, TemplateBody=template("Orders"))
        code = watcher.end(60)
        check_end(check, what, watcher, code, 0, "succeeded")
        check_events(check, what, watcher, all_events(stacks, arn))
        what = "moto, deletion"
        watcher = Watcher.before_a_change(program, arn, after=watcher)
        stacks.delete_stack(StackName=arn)
        code = watcher.end(60)
        check_end(check, what, watcher, code, 0, "succeeded")
        check_events(check, what, watcher, all_events(stacks, arn))
        for how, more in (("by ARN", []), ("from the archive", ["--offline"])):
            code, document = program.diagnose(arn, *more)
            check(f"{what}, diagnosed {how}: exit code 0", code == 0, f"{code} {document}")
            stack = document.get("stack", {})
            right = (stack.get("status"), stack.get("deleted")) == ("DELETE_COMPLETE", True)
            check(f"{what}, diagnosed {how}: deleted", right, stack)
        recorder.run(check, program, endpoint, all_events)


def athena(check, binary, home):
    """The queries to the table of a trail, as moto's Athena understands them."""
    command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", "PORT"]
    with Endpoint("athena", command, {}, "/moto-api/", home) as endpoint:
        row = {"Data": [{"VarCharValue": "1.11"}]}
        results = {"account_id": "123456789012", "region": REGION, "results": [{"rows": [row, row], "column_info": []}]}
        request = urllib.request.Request(endpoint.url + "/moto-api/static/athena/query-results", json.dumps(results).encode(),
                                         {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request).close()
        part = "trail_backends::an_athena_that_nobody_here_wrote_understands_the_query"
        command = ["cargo", "test", "--quiet", "--test", "e2e", part, "--", "--ignored", "--exact"]
        told = subprocess.run(command, env=os.environ | {"STACKTRAIL_ATHENA": endpoint.url}, capture_output=True, text=True)
        check("moto's Athena understands the queries to a trail's table", "1 passed" in told.stdout, told.stdout + told.stderr)
        client = endpoint.client("athena")
        begun = [client.get_query_execution(QueryExecutionId=one)["QueryExecution"] for one in client.list_query_executions()["QueryExecutionIds"]]
        check("... two were begun, with their values beside them", len(begun) == 2 and all("'it''s'" in query["ExecutionParameters"] for query in begun), begun)
        check("... and none of them in the text", all("it''s" not in query["Query"] for query in begun), begun)


def insights(check, binary, home):
    """A query of a trail's log group, as moto's Logs Insights understands it."""
    command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", "PORT"]
    with Endpoint("insights", command, {}, "/moto-api/", home) as endpoint:
        logs = endpoint.client("logs")
        logs.create_log_group(logGroupName="/trails/audit")
        logs.create_log_stream(logGroupName="/trails/audit", logStreamName="s")
        # Lines that are older than two weeks are not taken.
        noon = int(time.time()) - 4 * 3600
        told_noon = datetime.fromtimestamp(noon, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

        def line(name, event, second):
            at = datetime.fromtimestamp(noon + second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            record = {"eventID": event, "eventName": name, "eventSource": "s3.amazonaws.com", "eventTime": at,
                      "awsRegion": REGION, "recipientAccountId": "123456789012", "userIdentity": {"type": "AssumedRole"}}
            return {"timestamp": (noon + second) * 1000, "message": json.dumps(record)}

        lines = [line("PutObject", "put-0", -7200), line("PutObject", "put-1", 60), line("GetObject", "get-1", 61), line("PutObject", "put-2", 62)]
        logs.put_log_events(logGroupName="/trails/audit", logStreamName="s", logEvents=lines)
        part = "trail_queries::a_logs_insights_that_nobody_here_wrote_understands_the_query"
        command = ["cargo", "test", "--quiet", "--test", "e2e", part, "--", "--ignored", "--exact"]
        told = subprocess.run(command, env=os.environ | {"STACKTRAIL_LOGS": endpoint.url, "STACKTRAIL_LOGS_NOON": told_noon}, capture_output=True, text=True)
        check("moto's Logs Insights understands a query of a trail's log group", "1 passed" in told.stdout, told.stdout + told.stderr)


def boto3_against_ours(check, binary, home):
    """The embedded endpoint, as boto3 sees it."""
    for scenario in ("denied-custom-resource", "nested-service-rollback"):
        what = f"boto3 against the embedded endpoint, {scenario}"
        command = [str(binary), "demo", scenario, "--serve", "--speed", "200", "--data-dir", str(home / "serve")]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(server.stdout.readline())["endpoint_url"]
            conformance = [sys.executable, str(HERE / "conformance_boto3.py"), url, scenario]
            told = subprocess.run(conformance, capture_output=True, text=True, timeout=150)
        finally:
            server.terminate()
            server.wait(10)
        for line in told.stdout.splitlines():
            if line[:4] in ("ok  ", "FAIL"):
                check(f"{what}: {line[5:]}", line.startswith("ok"))
        check(f"{what}: ended well", told.returncode == 0, told.stderr)


def main():
    binary = Path(sys.argv[1]).resolve()
    check = Checks()
    parts = (ministack, moto, athena, insights, boto3_against_ours)
    with tempfile.TemporaryDirectory(prefix="stacktrail-interop-") as home:
        with ThreadPoolExecutor(len(parts)) as all_at_once:
            runs = {part.__name__: all_at_once.submit(part, check, binary, Path(home)) for part in parts}
        for name, run in runs.items():
            trouble = run.exception()
            if trouble is not None:
                check(f"{name} could be checked to its end", False, repr(trouble))
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
