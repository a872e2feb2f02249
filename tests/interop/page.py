#!/usr/bin/env python3
"""Looks at exported pages in a real browser.

    page.py PATH/TO/stacktrail PATH/TO/chromium

Started by page.sh; needs nothing but Python's own library. One page is of a demo that failed, one of a session
in which every text is hostile. The browser is sent through a proxy of ours, so that whatever a page asks for is
seen. Every page must be drawn, light, dark, narrow and on paper, ask for nothing, run nothing, and break no rule
of its own policy.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import zlib
from html.parser import HTMLParser
from pathlib import Path

PROGRAM, BROWSER = sys.argv[1], sys.argv[2]
ROOT = "arn:aws:cloudformation:eu-west-1:123456789012:stack/hostile/5ee3113b-b0f9-11ec-902e-02bac4959566"
HOSTILE = (
    "</title></style></pre></svg><script>document.title='owned'</script>"
    "<img src=http://tracker.example/a.png onerror=\"document.title='owned'\">"
    "<link rel=stylesheet href=http://tracker.example/a.css><iframe src=http://tracker.example/></iframe>"
    "<base href=http://tracker.example/><meta http-equiv=refresh content='0;url=http://tracker.example/'>"
    "<svg onload=\"document.title='owned'\"><style>@import 'http://tracker.example/b.css'</style>"
    "\x1b[31m\x1b]0;owned\x07\u202egpj.exe\u2066 \" ' `` ]]>"
)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --disable-default-apps --hide-scrollbars "
    "--enable-logging=stderr --log-level=0"
).split()

# What the browser itself looks for, whatever it shows.
CHATTER = re.compile(r"(?:^|[/.])(?:google\.com|googleapis\.com|gstatic\.com|gvt1\.com)[:/]")

failures = []
checks = 0


def check(what, holds, seen=""):
    global checks
    checks += 1
    if not holds:
        failures.append(what)
    print("ok    " if holds else "FAILED", what, "" if holds else f"\n       {str(seen)[:600]}", flush=True)


def hostile_session():
    """A failed deployment in which every text that AWS writes is hostile."""

    def event(number, logical, status, reason=None):
        own = logical == "hostile"
        return {
            "stack_id": ROOT,
            "event_id": f"e{number}",
            "at": f"2026-11-22T12:00:{number:02}Z",
            "logical_id": logical,
            "physical_id": ROOT if own else HOSTILE,
            "resource_type": "AWS::CloudFormation::Stack" if own else "Custom::" + HOSTILE,
            "status": status,
            **({"reason": reason} if reason else {}),
        }

    events = [
        event(0, "hostile", "CREATE_IN_PROGRESS"),
        event(1, HOSTILE, "CREATE_IN_PROGRESS", HOSTILE),
        event(5, HOSTILE, "CREATE_FAILED", HOSTILE),
        event(6, "hostile", "ROLLBACK_IN_PROGRESS", HOSTILE),
        event(9, "hostile", "ROLLBACK_COMPLETE"),
    ]
    fact = {"observed_at": "2026-11-22T12:00:10Z", "kind": "stack_events_seen", "stack_id": ROOT, "events": events}
    return {
        "schema": "stacktrail.session/1",
        "root": ROOT,
        "name": HOSTILE,
        "note": HOSTILE,
        "pinned": False,
        "facts": [fact],
    }


class Proxy(http.server.BaseHTTPRequestHandler):
    """Serves the pages and notes down whatever else is asked for."""

    pages = {}
    asked = []

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        if self.path.startswith("http://pages.test/") and name in self.pages:
            body = self.pages[name]
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
        else:
            body = b""
            # The browser looks for an icon of every site by itself.
            if name != "favicon.ico" and not CHATTER.search(self.path.split("?")[0].replace("CONNECT ", "/")):
                self.asked.append(f"{self.command} {self.path}")
            self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_CONNECT = do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Tags(HTMLParser):
    """The elements of a page as the browser built it, and its title."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.title, self.within_title = [], [], "", False
        self.text = []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.attributes.extend(attributes)
        self.within_title = tag == "title" and not self.title

    def handle_endtag(self, tag):
        self.within_title = False

    def handle_data(self, data):
        self.text.append(data)
        if self.within_title:
            self.title += data


def browse(proxy, url, *more):
    with tempfile.TemporaryDirectory() as profile:
        command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", f"--proxy-server=127.0.0.1:{proxy}", *more, url]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def colours(path):
    """How many colours a screenshot has, and its most frequent one. PNG as Chromium writes it: 8 bits."""
    data = path.read_bytes()
    at, idat, width, height, kind = 8, b"", 0, 0, 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        name, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if name == b"IHDR":
            width, height, kind = int.from_bytes(chunk[:4], "big"), int.from_bytes(chunk[4:8], "big"), chunk[9]
        elif name == b"IDAT":
            idat += chunk
        at += length + 12
    step = {2: 3, 6: 4}[kind]
    raw, before, counts = zlib.decompress(idat), bytearray(width * step), {}
    for y in range(height):
        row = raw[y * (width * step + 1) : (y + 1) * (width * step + 1)]
        filtered, line = row[0], bytearray(row[1:])
        for i in range(len(line)):
            left = line[i - step] if i >= step else 0
            up, corner = before[i], before[i - step] if i >= step else 0
            if filtered == 1:
                line[i] = (line[i] + left) & 255
            elif filtered == 2:
                line[i] = (line[i] + up) & 255
            elif filtered == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif filtered == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
                line[i] = (line[i] + near[2]) & 255
        for x in range(0, len(line), step * 4):
            pixel = bytes(line[x : x + 3])
            counts[pixel] = counts.get(pixel, 0) + 1
        before = line
    return len(counts), max(counts, key=counts.get)


def look(name, proxy, pictures):
    url = f"http://pages.test/{name}.html"
    Proxy.asked.clear()
    dom, said = browse(proxy, url, "--dump-dom")
    tags = Tags()
    tags.feed(dom)
    text = " ".join(tags.text)
    check(f"{name}: the browser built the page", "svg" in tags.names and "section" in tags.names, dom[:300])
    active = {"script", "img", "iframe", "link", "object", "embed", "base", "form"} & set(tags.names)
    check(f"{name}: nothing in it loads or runs", not active, active)
    ways = [value for attribute, value in tags.attributes if attribute in ("href", "src", "xlink:href")]
    check(f"{name}: a link leads nowhere but into the page", all(re.fullmatch(r"#[a-z0-9-]+", way) for way in ways), ways)
    ids = {value for attribute, value in tags.attributes if attribute == "id"}
    lost = [way for way in ways if way[1:] not in ids]
    check(f"{name}: every link has where it leads to", ways and not lost, lost)
    handlers = [attribute for attribute, _ in tags.attributes if attribute.startswith("on") or attribute == "style"]
    check(f"{name}: no attribute does either", not handlers, handlers)
    check(f"{name}: its title is its own", tags.title.endswith("stacktrail"), tags.title)
    check(f"{name}: no hidden character is left", not HIDDEN.search(dom.replace("\n", "")), HIDDEN.findall(dom)[:5])
    broken = [line for line in said.splitlines() if "Content Security Policy" in line or "CONSOLE" in line]
    check(f"{name}: its policy is kept, the style sheet let in", not broken, broken)
    shots = {}
    for look, size, more in [
        ("light", "1200,1600", ["--blink-settings=preferredColorScheme=1"]),
        ("dark", "1200,1600", ["--blink-settings=preferredColorScheme=0"]),
        ("narrow", "500,1600", ["--blink-settings=preferredColorScheme=1"]),
    ]:
        path = pictures / f"{name}-{look}.png"
        browse(proxy, url, f"--window-size={size}", f"--screenshot={path}", *more)
        shots[look] = colours(path) if path.exists() else (0, b"")
        check(f"{name}: drawn, {look}", shots[look][0] > 8, shots[look])
    bright = {look: sum(ground) // 3 if ground else -1 for look, (_, ground) in shots.items()}
    check(f"{name}: dark is dark and light is light", bright["dark"] < 60 < 200 < bright["light"], bright)
    paper = pictures / f"{name}.pdf"
    browse(proxy, url, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    check(f"{name}: goes on paper", paper.exists() and paper.read_bytes()[:5] == b"%PDF-")
    check(f"{name}: it asked for nothing", not Proxy.asked, Proxy.asked)
    return text


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as home:
        home = Path(home)
        pictures = Path(os.environ.get("PICTURES", home))
        pictures.mkdir(parents=True, exist_ok=True)
        data = ["--data-dir", str(home / "data")]

        def run(*arguments):
            command = [PROGRAM, *arguments, *data]
            return subprocess.run(command, capture_output=True, timeout=300, check=False)

        run("demo", "nested-service-rollback", "--headless", "--speed", "120")
        (home / "hostile.json").write_text(json.dumps(hostile_session()))
        imported = run("import", str(home / "hostile.json"))
        check("the hostile session is taken in", imported.returncode == 0, imported.stderr)
        for name, session in [("story", "checkout-prod"), ("hostile", ROOT)]:
            for redact in [[], ["--redact"]]:
                exported = run("export", session, "--format", "html", *redact)
                name = name + "-redacted" if redact else name
                check(f"{name}: exported", exported.returncode == 0, exported.stderr)
                Proxy.pages[f"{name}.html"] = exported.stdout
        # A page that does ask is caught: the check below can fail.
        Proxy.pages["asking.html"] = f"<!doctype html><p>{HOSTILE}".encode()
        browse(server.server_port, "http://pages.test/asking.html", "--dump-dom")
        check("a page that asks is caught", any("tracker.example" in one for one in Proxy.asked), Proxy.asked)
        look("story", server.server_port, pictures)
        text = look("hostile", server.server_port, pictures)
        check("hostile: its text is text", "<script>document.title='owned'</script>" in text, text[:400])
        text = look("hostile-redacted", server.server_port, pictures)
        check("hostile-redacted: the account is masked", "123456789012" not in text)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
