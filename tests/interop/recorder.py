"""Recorders against a queue and a bucket that nobody here wrote: SQS and S3 of an emulator."""

import json
import random
import subprocess
import time

TEMPLATE = json.dumps({"Resources": {name: {"Type": "AWS::SQS::Queue"} for name in ("Orders", "Mails")}})
STACKS = ("recorded-orders", "recorded-mails", "recorded-bills")
LIVES = 20
# What a killed recorder had hidden is there again after two minutes; it is waited for no longer than it takes.
HIDDEN = 300


def messages(stack, events):
    """What EventBridge tells of a stack: its own statuses, each twice."""
    told = []
    for event in events:
        if event["PhysicalResourceId"] != stack:
            continue
        detail = {"stack-id": stack, "status-details": {"status": event["ResourceStatus"], "status-reason": ""}}
        told.append(json.dumps({
            "version": "0", "id": event["EventId"], "detail-type": "CloudFormation Stack Status Change",
            "source": "aws.cloudformation", "account": stack.split(":")[4], "region": stack.split(":")[3],
            "time": event["Timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"), "resources": [stack], "detail": detail}))
    return told * 2


class Started:
    """A program at a data directory of its own, whose lines are kept in a file."""

    def __init__(self, program, place, *arguments):
        command = program.command(*arguments)
        command[command.index("--data-dir") + 1] += f"-{place}"
        if place == "beside":
            # A faster clock would have it come back to the queue before anybody else has had a chance.
            command[command.index("--clock") + 1] = "1"
        self.file = open(program.endpoint.home / f"{program.endpoint.name}-{place}.jsonl", "a+")
        self.process = subprocess.Popen(command, env=program.environment, stdout=self.file, stderr=subprocess.PIPE, text=True)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def of(self, kind):
        """What it told, without a line that was cut when it was killed."""
        self.file.seek(0)
        lines = [line for line in self.file if line.endswith("\n") and line.startswith("{") and line.rstrip().endswith("}")]
        return [line for line in map(json.loads, lines) if line["type"] == kind]


def left(queues, queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return [int(told[name]) for name in names]


def within(seconds, holds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.5)
    return holds()


def run(check, program, endpoint, events_of):
    """Stacks are created while a watcher each looks on, and recorders are told of them: two at a queue, of which one is
    killed again and again, and a watcher that reads the same queue."""
    what = f"{endpoint.name}, recorder"
    queues, buckets, stacks = (endpoint.client(service) for service in ("sqs", "s3", "cloudformation"))
    queue = queues.create_queue(QueueName="stacktrail")["QueueUrl"]
    buckets.create_bucket(Bucket="team-deployments", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    store = ["--store", "s3://team-deployments/recorded"]
    lines = ["--headless", "--output", "jsonl"]
    watchers = {name: Started(program, name, "watch", name, *lines, "--until", "settled") for name in STACKS}
    made = {name: stacks.create_stack(StackName=name, TemplateBody=TEMPLATE)["StackId"] for name in STACKS}
    for name, stack in made.items():
        stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        code = watchers[name].process.wait(60)
        check(f"{what}: a watcher sees {name} to its end", code == 0, f"{code} {watchers[name].process.stderr.read()}")
    events = {stack: events_of(stacks, stack) for stack in made.values()}
    told = [message for stack in made.values() for message in messages(stack, events[stack])] + ["no event at all"]
    chance = random.Random(7)
    chance.shuffle(told)
    beside = Started(program, "beside", "watch", made[STACKS[0]], *lines, "--next", "--queue", queue)
    record = ["record", "--queue", queue, "--output", "jsonl", *store]
    steady = Started(program, "steady", *record)
    for life in range(LIVES):
        for message in told[life::LIVES]:
            queues.send_message(QueueUrl=queue, MessageBody=message)
        killed = Started(program, "killed", *record)
        time.sleep(0.1 + chance.random())
        killed.kill()
    # It takes nothing away, but while it reads the same queue, all others hear of everything later.
    beside.kill()
    recorded = lambda: {line["stack_id"] for line in steady.of("recorded")} | {line["stack_id"] for line in killed.of("recorded")}
    check(f"{what}: of two, one of them killed {LIVES} times, all is recorded", within(HIDDEN, lambda: recorded() == set(made.values())), recorded())
    notices = lambda: [line["message"] for line in steady.of("notice") + killed.of("notice")]
    is_told = within(HIDDEN, lambda: any("is left in the queue" in message for message in notices()))
    check(f"{what}: what is no event is told of", is_told, notices())
    # The queue gives out again what the killed one had in hand, and what is no event for ever. A message that comes again
    # begins another look at its deployment, which ends when it is known once more that nothing is to be waited for.
    empty = within(2 * HIDDEN, lambda: sum(left(queues, queue)) <= 1)
    check(f"{what}: all messages but that one are deleted in the end", empty, left(queues, queue))
    steady.process.terminate()
    steady.process.wait(30)
    last = Started(program, "steady", *record, "--until-empty")
    code = last.process.wait(HIDDEN)
    check(f"{what}: it ends with the queue", code == 0, f"{code} {last.process.stderr.read()}")
    for name, stack in made.items():
        elsewhere = program.command("export", stack, *store)
        elsewhere[elsewhere.index("--data-dir") + 1] += "-elsewhere"
        exported = subprocess.run(elsewhere, env=program.environment, capture_output=True, text=True, timeout=60)
        facts = json.loads(exported.stdout or '{"facts": []}')["facts"]
        kept = [event["event_id"] for fact in facts if fact["kind"] == "stack_events_seen" for event in fact["events"]]
        there = {event["EventId"] for event in events[stack]}
        check(f"{what}: another machine has every event of {name} from the bucket", set(kept) == there, f"{kept} {exported.stderr}")
        check(f"{what}: ... once", len(kept) == len(set(kept)), kept)
        seen = {line["event_id"] for line in watchers[name].of("stack_event")}
        check(f"{what}: ... and those that one watcher saw", seen == set(kept), seen ^ set(kept))
        bodies = [json.dumps({**fact, "observed_at": ""}, sort_keys=True) for fact in facts if fact["kind"] == "stack_events_seen"]
        check(f"{what}: ... each fact once", len(bodies) == len(set(bodies)), len(bodies))
