"""The recorder against a queue and a bucket that nobody here wrote: SQS and S3 of an emulator."""

import json
import random
import subprocess
import time

TEMPLATE = json.dumps({"Resources": {name: {"Type": "AWS::SQS::Queue"} for name in ("Orders", "Mails")}})


def messages(stack, events):
    """What EventBridge tells of a stack: its own statuses, each twice, in any order, and something that is no event."""
    told = []
    for event in events:
        if event["PhysicalResourceId"] != stack:
            continue
        detail = {"stack-id": stack, "status-details": {"status": event["ResourceStatus"], "status-reason": ""}}
        told.append(json.dumps({
            "version": "0", "id": event["EventId"], "detail-type": "CloudFormation Stack Status Change",
            "source": "aws.cloudformation", "account": stack.split(":")[4], "region": stack.split(":")[3],
            "time": event["Timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"), "resources": [stack], "detail": detail}))
    told += told
    told.append("no event at all")
    random.Random(7).shuffle(told)
    return told


def run(check, program, endpoint, events_of):
    """A stack is created, and a recorder told of it; one recorder is killed in its midst."""
    what = f"{endpoint.name}, recorder"
    queues, buckets, stacks = (endpoint.client(service) for service in ("sqs", "s3", "cloudformation"))
    queue = queues.create_queue(QueueName="stacktrail")["QueueUrl"]
    buckets.create_bucket(Bucket="team-deployments", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    stack = stacks.create_stack(StackName="recorded", TemplateBody=TEMPLATE)["StackId"]
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    events = events_of(stacks, stack)
    for message in messages(stack, events):
        queues.send_message(QueueUrl=queue, MessageBody=message)
    store = ["--store", "s3://team-deployments/recorded"]
    record = ["record", "--queue", queue, "--output", "jsonl", *store]
    killed = subprocess.Popen(program.command(*record), env=program.environment, stdout=subprocess.PIPE, text=True)
    first = killed.stdout.readline()
    killed.kill()
    killed.wait()
    check(f"{what}: a recorder begins", json.loads(first or "{}").get("type") in ("recording", "notice"), first)
    # The endpoint may still wait for messages on behalf of the killed one, for the five seconds that it asked for;
    # what that one had hidden is there again after two minutes, which nobody waits for here.
    time.sleep(6)
    for message in messages(stack, events):
        queues.send_message(QueueUrl=queue, MessageBody=message)
    ended = subprocess.run(
        program.command(*record, "--until-empty"), env=program.environment, capture_output=True, text=True, timeout=150)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    check(f"{what}: it ends with the queue", ended.returncode == 0, f"{ended.returncode} {ended.stdout} {ended.stderr}")
    recorded = [line["stack_id"] for line in lines if line["type"] == "recorded"]
    check(f"{what}: it tells what it recorded", set(recorded) == {stack}, lines)
    told = [line["message"] for line in lines if line["type"] == "notice"]
    check(f"{what}: what is no event is told of", any("is left in the queue" in message for message in told), told)
    left = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    check(f"{what}: nothing else waits", int(left["ApproximateNumberOfMessages"]) <= 2, left)
    elsewhere = program.command("export", stack, *store)
    elsewhere[elsewhere.index("--data-dir") + 1] += "-elsewhere"
    exported = subprocess.run(elsewhere, env=program.environment, capture_output=True, text=True, timeout=60)
    facts = json.loads(exported.stdout or '{"facts": []}')["facts"]
    kept = [event["event_id"] for fact in facts if fact["kind"] == "stack_events_seen" for event in fact["events"]]
    there = {event["EventId"] for event in events}
    check(f"{what}: another machine has every event from the bucket", set(kept) == there, f"{kept} {exported.stderr}")
    check(f"{what}: ... once", len(kept) == len(set(kept)), kept)
