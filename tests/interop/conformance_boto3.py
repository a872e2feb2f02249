#!/usr/bin/env python3
"""Holds the embedded AWS endpoint against boto3, which nobody here wrote.

    stacktrail demo --serve SCENARIO --clock 200
    conformance_boto3.py ENDPOINT_URL SCENARIO [--wait SECONDS] [--quota]

It waits until the scenario's stack has reached its last status and the decisive record is delivered, then asks for
everything through boto3's own paginators. One line per check; exit 1 if any failed. `--quota` also checks that the
third LookupEvents call within a second is throttled; it needs an endpoint that runs at the wall's own speed.
"""

import argparse
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Scenario: region, stack, last status, then name, region and error code of the decisive record, if there is one.
STORIES = {
    "denied-custom-resource": ("eu-west-1", "shop-prod", "DELETE_COMPLETE", ("CreateBucket", "eu-west-1", "AccessDenied")),
    "nested-service-rollback": ("eu-west-1", "checkout-prod", "DELETE_COMPLETE", ("GetSecretValue", "eu-west-1", "AccessDenied")),
    "hidden-denial": ("eu-central-1", "contact-centre", "ROLLBACK_COMPLETE", ("CreateServiceLinkedRole", "us-east-1", "AccessDenied")),
    "export-in-use": ("eu-west-1", "network-shared", "UPDATE_ROLLBACK_COMPLETE", None),
    "clean-update": ("eu-west-1", "orders-api", "UPDATE_COMPLETE", None),
    "rough-network": ("eu-west-1", "wiki-prod", "ROLLBACK_COMPLETE", ("CreateBucket", "eu-west-1", "AccessDenied")),
    "timed-out-custom-resource": ("eu-west-2", "reports-prod", "ROLLBACK_COMPLETE", ("CreateDatabase", "eu-west-2", "AccessDeniedException")),
}


class Conformance:
    def __init__(self, endpoint, scenario):
        self.endpoint = endpoint
        self.region, self.stack, self.last_status, self.truth = STORIES[scenario]
        self.failed = 0

    def client(self, service, region=None, attempts=10):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=5),
        )

    def check(self, what, holds, detail=""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}{'' if holds else f': {detail}'}", flush=True)
        self.failed += not holds

    def refuses(self, what, code, words, call, **arguments):
        try:
            call(**arguments)
        except ClientError as error:
            told = error.response["Error"]
            right = told["Code"] == code and words in told["Message"]
            self.check(what, right, f"{told['Code']}: {told['Message']}")
        else:
            self.check(what, False, "was answered")

    def settle(self, seconds):
        """Returns the stack's ARN once it has its last status and the decisive record is there."""
        stacks, deadline = self.client("cloudformation"), time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                pages = stacks.get_paginator("list_stacks").paginate()
                summaries = [summary for page in pages for summary in page["StackSummaries"]]
                found = [s for s in summaries if s["StackName"] == self.stack and s["StackStatus"] == self.last_status]
                if found and (not self.truth or self.decisive_records()):
                    return found[0]["StackId"]
            except Exception as error:  # a scenario may well break connections on the way
                print(f"     waiting: {type(error).__name__}", flush=True)
            time.sleep(0.5)
        sys.exit(f"the scenario did not end within {seconds} s")

    def decisive_records(self):
        name, region, code = self.truth
        attribute = [{"AttributeKey": "EventName", "AttributeValue": name}]
        pages = self.client("cloudtrail", region).get_paginator("lookup_events").paginate(LookupAttributes=attribute)
        events = [event for page in pages for event in page["Events"]]
        return [event for event in events if json.loads(event["CloudTrailEvent"]).get("errorCode") == code]

    def stacks(self, arn):
        stacks = self.client("cloudformation")
        described = stacks.describe_stacks(StackName=arn)["Stacks"][0]
        self.check("DescribeStacks answers by ARN", described["StackStatus"] == self.last_status, described)
        deleted = self.last_status == "DELETE_COMPLETE"
        self.check("a deletion time exactly if deleted", ("DeletionTime" in described) == deleted, described)
        if deleted:
            words = f"Stack with id {self.stack} does not exist"
            self.refuses("a deleted stack is gone by name", "ValidationError", words, stacks.describe_stacks, StackName=self.stack)
            words = f"Stack [{self.stack}] does not exist"
            self.refuses("... with its events", "ValidationError", words, stacks.describe_stack_events, StackName=self.stack)
        else:
            named = stacks.describe_stacks(StackName=self.stack)["Stacks"][0]
            self.check("DescribeStacks answers by name", named["StackId"] == arn, named)
        operations = described["LastOperations"]
        self.check("last operations are told", bool(operations), described)
        events = stacks.describe_events(OperationId=operations[-1]["OperationId"])["OperationEvents"]
        self.check("DescribeEvents answers by operation", bool(events), events)
        listed = [s["StackId"] for page in stacks.get_paginator("list_stacks").paginate() for s in page["StackSummaries"]]
        self.check("ListStacks names each stack once, deleted ones too", arn in listed and len(listed) == len(set(listed)), listed)
        self.check("GetTemplate answers", "Resources" in stacks.get_template(StackName=arn)["TemplateBody"])
        self.refuses("an unknown operation", "InvalidAction", "ListExports", stacks.list_exports)
        return listed

    def events(self, stack_ids):
        stacks = self.client("cloudformation")
        for stack_id in stack_ids:
            name = stack_id.split("/")[1]
            pages = stacks.get_paginator("describe_stack_events").paginate(StackName=stack_id)
            events = [event for page in pages for event in page["StackEvents"]]
            times = [event["Timestamp"] for event in events]
            ids = {event["EventId"] for event in events}
            self.check(f"events of {name} come newest first, once each", times == sorted(times, reverse=True) and len(ids) == len(events))
            own = [event for event in events if event["PhysicalResourceId"] == stack_id]
            first = own and own[-1]["ResourceStatus"] in ("CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS")
            self.check(f"events of {name} reach back to its beginning", bool(first), own[-1:])
            pages = stacks.get_paginator("list_stack_resources").paginate(StackName=stack_id)
            resources = [summary["LogicalResourceId"] for page in pages for summary in page["StackResourceSummaries"]]
            seen = {event["LogicalResourceId"] for event in events if event["PhysicalResourceId"] != stack_id}
            self.check(f"resources of {name} are those of its events", set(resources) == seen - {name}, set(resources) ^ seen)

    def trail(self):
        trail = self.client("cloudtrail")
        pages = list(trail.get_paginator("lookup_events").paginate())
        records = [record for page in pages for record in page["Events"]]
        times = [record["EventTime"] for record in records]
        self.check("LookupEvents pages hold at most fifty", all(len(page["Events"]) <= 50 for page in pages))
        self.check("records come newest first, once each", times == sorted(times, reverse=True) and len({r["EventId"] for r in records}) == len(records))
        bodies = [json.loads(record["CloudTrailEvent"]) for record in records]
        self.check("records are of their region", {body["awsRegion"] for body in bodies} == {self.region})
        fits = all(body["eventID"] == record["EventId"] and body["eventName"] == record["EventName"] for body, record in zip(bodies, records))
        self.check("envelopes fit their records", fits)
        if self.truth:
            records = self.decisive_records()
            self.check("the decisive record is there", bool(records))
            elsewhere = "us-east-1" if self.truth[1] != "us-east-1" else self.region
            attribute = [{"AttributeKey": "EventId", "AttributeValue": records[0]["EventId"]}]
            other = self.client("cloudtrail", elsewhere).lookup_events(LookupAttributes=attribute)["Events"]
            self.check("... and in no other region", other == [], other)
        two = [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}, {"AttributeKey": "EventName", "AttributeValue": "x"}]
        self.refuses("two attributes", "InvalidLookupAttributesException", "one", trail.lookup_events, LookupAttributes=two)
        first = trail.lookup_events(MaxResults=1)
        self.refuses("a token with other parameters", "InvalidNextTokenException", "", trail.lookup_events, MaxResults=2, NextToken=first["NextToken"])

    def quota(self):
        trail, codes = self.client("cloudtrail", attempts=1), []
        time.sleep(1.5)
        for _ in range(4):
            try:
                trail.lookup_events(MaxResults=1)
                codes.append("")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        self.check("the third call within a second is throttled", codes[:2] == ["", ""] and "ThrottlingException" in codes[2:], codes)

    def rest(self):
        logs = self.client("logs")
        groups = [group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"]]
        for group in groups:
            name = group["logGroupName"]
            pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=name))
            lines = [line for page in pages for line in page["events"]]
            self.check(f"lines of {name} are in order", [l["timestamp"] for l in lines] == sorted(l["timestamp"] for l in lines))
            streams = [s["logStreamName"] for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=name) for s in page["logStreams"]]
            for stream in streams:
                page = logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True)
                again = logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True, nextToken=page["nextForwardToken"])
                at_end = again["events"] == [] and again["nextForwardToken"] == page["nextForwardToken"]
                self.check(f"the end of {stream} is where the token comes back", at_end, again)
        words = "The specified log group does not exist."
        self.refuses("a log group that is not there", "ResourceNotFoundException", words, logs.filter_log_events, logGroupName="/no/such/group")
        function = self.client("lambda").get_function_configuration
        self.refuses("a function that is not there", "ResourceNotFoundException", "Function not found: arn:aws:lambda", function, FunctionName="none")
        self.check("GetCallerIdentity answers", ":assumed-role/" in self.client("sts").get_caller_identity()["Arn"])
        ecs = self.client("ecs")
        if self.stack == "checkout-prod":
            arguments = {"cluster": "checkout-prod-cluster"}
            arns = ecs.list_tasks(serviceName="payments", desiredStatus="STOPPED", **arguments)["taskArns"]
            tasks = ecs.describe_tasks(tasks=arns, **arguments)["tasks"]
            self.check("stopped tasks say why", bool(tasks) and all("ResourceInitializationError" in t["stoppedReason"] for t in tasks))
            service = ecs.describe_services(services=["payments"], **arguments)["services"][0]
            self.check("the service is inactive and its deployment failed", (service["status"], service["deployments"][0]["rolloutState"]) == ("INACTIVE", "FAILED"), service)
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            options = definition["containerDefinitions"][0]["logConfiguration"]["options"]
            self.check("the task definition names its log group", options["awslogs-group"] == "/checkout/payments", definition)
        else:
            self.refuses("a cluster that is not there", "ClusterNotFoundException", "Cluster not found.", ecs.list_tasks, cluster="none")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoint")
    parser.add_argument("scenario", choices=sorted(STORIES))
    parser.add_argument("--wait", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--quota", action="store_true")
    arguments = parser.parse_args()
    conformance = Conformance(arguments.endpoint, arguments.scenario)
    arn = conformance.settle(arguments.wait)
    conformance.events(conformance.stacks(arn))
    conformance.trail()
    if arguments.quota:
        conformance.quota()
    conformance.rest()
    sys.exit(1 if conformance.failed else 0)


if __name__ == "__main__":
    main()
