"""A Hub of one machine, by Python's standard library: two origins as the real one has them. 127.0.0.1 is the Hub
(its API and small files), localhost is the place that large files lie at. The official client accepts it.

Faults are switched on by name; `requests` tells what was asked for, and `leaks` whether a token reached the second
origin. Runs inside a test (LocalHub in a with statement) or as a program: local_hub.py FOLDER serves every
FOLDER/ORG/NAME and prints its address.
"""
import collections
import hashlib
import http.server
import json
import os
import pathlib
import re
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

TOKEN = "hf_test_token"
PAGE = 1000  # files on one page of a listing
LARGE = 4096  # files from this size on are large ones, at the second origin


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Content:
    """Bytes, or a file on disk that is sent without being read into memory."""

    def __init__(self, data=None, path=None, sha256=None):
        self.data, self.path = data, path
        self.size = len(data) if path is None else os.path.getsize(path)
        self.large = self.size >= LARGE
        if path is not None and self.large:
            self.sha1 = hashlib.sha1(str(path).encode()).hexdigest()  # of a pointer, which nobody reads
            self.sha256 = sha256 or hashlib.file_digest(open(path, "rb"), "sha256").hexdigest()
            return
        if path is not None:
            self.data, self.path = pathlib.Path(path).read_bytes(), None
        self.sha256 = hashlib.sha256(self.data).hexdigest() if self.large else None
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n"
        self.sha1 = git_sha1(pointer.encode() if self.large else self.data)

    @property
    def etag(self):
        return self.sha256 if self.large else self.sha1


class Repo:
    def __init__(self, name, files, gated=False, private=False, disabled=False):
        self.name, self.gated, self.private, self.disabled = name, gated, private, disabled
        self.commits, self.branches, self.tags = {}, {}, {}
        self.commit("main", files)

    def commit(self, branch, files):
        """files: path to bytes or to a Content. The new commit."""
        files = {path: data if isinstance(data, Content) else Content(data) for path, data in files.items()}
        digest = hashlib.sha1(repr((self.name, branch, sorted((p, c.etag) for p, c in files.items()), len(self.commits))).encode()).hexdigest()
        self.commits[digest] = files
        self.branches[branch] = digest
        return digest

    def find(self, revision):
        if revision in self.commits:
            return revision
        return self.branches.get(revision, self.tags.get(revision))


class Fault:
    """One thing that goes wrong: `times` answers to paths that match `pattern`."""

    def __init__(self, kind, pattern="", times=1, **more):
        self.kind, self.pattern, self.times, self.more = kind, pattern, times, more


class LocalHub:
    def __init__(self):
        self.repos, self.moved, self.faults = {}, {}, []
        self.requests, self.leaks = [], []
        self.sent = collections.Counter()  # bytes of bodies by origin
        self.ranges = collections.defaultdict(list)  # of each etag: what was sent
        self.lock = threading.Lock()
        self.drip = 0.0  # seconds between two pieces of a body
        self.generation = 1  # of the signatures at the second origin; older ones have expired
        self.servers = [Server(self, "127.0.0.1", "hub"), Server(self, "localhost", "cdn")]
        self.endpoint = f"http://127.0.0.1:{self.servers[0].server_address[1]}"
        self.cdn = f"http://localhost:{self.servers[1].server_address[1]}"

    def __enter__(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def add(self, name, files, **more):
        self.repos[name] = Repo(name, files, **more)
        return self.repos[name]

    def fault(self, kind, pattern="", times=1, **more):
        self.faults.append(Fault(kind, pattern, times, **more))

    def take_fault(self, path, kinds):
        with self.lock:
            for fault in self.faults:
                if fault.kind in kinds and fault.times > 0 and re.search(fault.pattern, path):
                    fault.times -= 1
                    return fault
        return None

    def environment(self, home, **more):
        """For a client whose cache is `home`."""
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_")) and not name.lower().endswith("_proxy")}
        return {**clean, "HF_ENDPOINT": self.endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_HUB_DISABLE_UPDATE_CHECK": "1", "NO_COLOR": "1", **more}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, hub, host, role):
        self.hub, self.role = hub, role
        super().__init__((host, 0), Handler)

    def handle_error(self, request, client_address):
        """A client that goes away is no fault of the server."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *_):
        pass

    @property
    def hub(self):
        return self.server.hub

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        token = self.headers.get("Authorization")
        with self.hub.lock:
            self.hub.requests.append((self.server.role, self.command, path, self.headers.get("Range")))
            if self.server.role == "cdn" and token is not None:
                self.hub.leaks.append(self.path)
        if self.common_fault(path):
            return None
        if self.server.role == "cdn":
            return self.content_of_cdn(path, query)
        if path == "/api/whoami-v2":
            return self.whoami(token)
        for pattern, method in ((r"/api/models/(.+?)/revision/(.+)", self.revision), (r"/api/models/(.+?)/tree/([^/]+)", self.tree),
                                (r"/api/models/(.+?)/refs", self.refs), (r"/(.+?)/resolve/([^/]+)/(.+)", self.resolve)):
            # Before it is unquoted: a revision's own slashes are quoted.
            found = re.fullmatch(pattern, self.path.partition("?")[0])
            if found:
                return self.with_repo(method, query, *[urllib.parse.unquote(part) for part in found.groups()])
        return self.fail(404, "", "Not found")

    # Faults that any address may have.
    def common_fault(self, path):
        fault = self.hub.take_fault(path, ("5xx", "429", "drop", "wait"))
        if fault is None:
            return False
        if fault.kind == "wait":
            time.sleep(fault.more.get("seconds", 1))
            return False
        if fault.kind == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault.kind == "429":
            self.send(429, b"", {"RateLimit": f'"{fault.more.get("window", "api")}";r=0;t={fault.more.get("seconds", 0)}', **fault.more.get("headers", {})})
        else:
            self.send(fault.more.get("status", 503), b"in trouble")
        return True

    def with_repo(self, method, query, name, *rest):
        if name in self.hub.moved:
            where = self.path.replace(name, self.hub.moved[name], 1)
            return self.send(307, b"", {"Location": where})
        repo = self.hub.repos.get(name)
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if self.headers.get("Authorization") not in (None, f"Bearer {TOKEN}", "Bearer hf_other"):
            return self.fail(401, "", "Invalid credentials in Authorization header")
        if repo is None or (repo.private and not allowed):
            return self.fail(404 if self.headers.get("Authorization") else 401, "RepoNotFound", "Repository not found")
        if repo.disabled:
            return self.fail(403, "", "Access to this resource is disabled.")
        if repo.gated and not allowed and method != self.revision:
            return self.fail(403 if self.headers.get("Authorization") else 401, "GatedRepo", f"Access to model {name} is restricted.")
        return method(repo, query, *rest)

    def commit_of(self, repo, revision):
        commit = repo.find(revision)
        if commit is None:
            self.fail(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def whoami(self, token):
        if token != f"Bearer {TOKEN}":
            return self.fail(401, "", "Invalid credentials in Authorization header")
        return self.send_json({"type": "user", "name": "tester", "orgs": [{"name": "lab"}],
                               "auth": {"accessToken": {"displayName": "mine", "role": "read"}}})

    def revision(self, repo, _, revision):
        commit = self.commit_of(repo, revision)
        if commit is not None:
            self.send_json({"_id": "1", "id": repo.name, "modelId": repo.name, "sha": commit, "private": False,
                            "siblings": [], "tags": [], "downloads": 0, "likes": 0})

    def refs(self, repo, _):
        branches = [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": c} for n, c in repo.branches.items() if not n.startswith("refs/")]
        tags = [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": c} for n, c in repo.tags.items()]
        self.send_json({"branches": branches, "tags": tags, "converts": []})

    def tree(self, repo, query, revision):
        commit = self.commit_of(repo, revision)
        if commit is None:
            return
        files = sorted(repo.commits[commit].items())
        listing = [self.entry(path, content) for path, content in files]
        extra = self.hub.take_fault(self.path, ("listing",))
        if extra is not None:
            listing.append(extra.more["entry"])
        page = int(dict(urllib.parse.parse_qsl(query)).get("cursor", 0))
        headers = {}
        looping = self.hub.take_fault(self.path, ("page loop",)) is not None
        if (page + 1) * PAGE < len(listing) or looping:
            following = 0 if looping else page + 1
            headers["Link"] = f'<{self.hub.endpoint}/api/models/{repo.name}/tree/{revision}?recursive=true&expand=false&cursor={following}>; rel="next"'
        self.send_json(listing[page * PAGE:(page + 1) * PAGE], headers)

    @staticmethod
    def entry(path, content):
        entry = {"type": "file", "oid": content.sha1, "size": content.size, "path": path}
        if content.large:
            entry["lfs"] = {"oid": content.sha256, "size": content.size, "pointerSize": 135}
        return entry

    def resolve(self, repo, _, revision, path):
        commit = self.commit_of(repo, revision)
        if commit is None:
            return
        content = repo.commits[commit].get(path)
        if content is None or self.hub.take_fault(path, ("gone",)) is not None:
            self.fail(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
            return
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not content.large:
            self.send_content(content, {**headers, "ETag": f'"{content.sha1}"'}, path)
            return
        etag = "0" * 64 if self.hub.take_fault(path, ("other content",)) is not None else content.sha256
        where = f"{self.hub.cdn}/{content.sha256}?signature={self.hub.generation}&repo={repo.name}&commit={commit}&path={urllib.parse.quote(path)}"
        self.send(302, b"", {**headers, "Location": where, "X-Linked-ETag": f'"{etag}"', "X-Linked-Size": str(content.size)})

    def content_of_cdn(self, path, query):
        facts = dict(urllib.parse.parse_qsl(query))
        content = self.hub.repos[facts["repo"]].commits[facts["commit"]][facts["path"]]
        if self.hub.take_fault(facts["path"], ("expire",)) is not None:
            with self.hub.lock:
                self.hub.generation += 1
        if int(facts["signature"]) != self.hub.generation:
            self.send(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
            return
        if self.headers.get("Range") is None and self.hub.take_fault(facts["path"], ("no range",)) is not None:
            self.send(400, b"a range is needed")
            return
        self.send_content(content, {"ETag": f'"{content.sha256}"', "Accept-Ranges": "bytes"}, facts["path"])

    def send_content(self, content, headers, path):
        begin, end, status = 0, content.size, 200
        asked = self.headers.get("Range")
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
        if found and self.hub.take_fault(path, ("whole answer",)) is None:
            begin, end = int(found[1]), min(int(found[2] or content.size - 1) + 1, content.size)
            if begin >= content.size:
                return self.send(416, b"", {"Content-Range": f"bytes */{content.size}"})
            status = 206
            headers = {**headers, "Content-Range": f"bytes {begin}-{end - 1}/{content.size}"}
        if self.hub.take_fault(path, ("wrong range",)) is not None:
            headers = {**headers, "Content-Range": f"bytes {begin + 1}-{end}/{content.size}"}
        length = end - begin
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return None
        cut = self.hub.take_fault(path, ("cut",))
        flip = self.hub.take_fault(path, ("flip",))
        sent = int(length * cut.more.get("share", 0.5)) if cut else length
        with self.hub.lock:
            self.hub.sent[self.server.role] += sent
            self.hub.ranges[content.etag].append((begin, begin + sent))
        if content.path is not None and not flip and not self.hub.drip:
            self.wfile.flush()
            with open(content.path, "rb") as file:
                self.connection.sendfile(file, begin, sent)
        else:
            self.send_bytes(content, begin, sent, flip)
        self.wfile.flush()
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        return None

    def send_bytes(self, content, begin, size, flip):
        data = content.data
        if data is None:
            with open(content.path, "rb") as file:
                file.seek(begin)
                data, begin = file.read(size), 0
        data = bytearray(data[begin:begin + size])
        if flip and data:
            data[len(data) // 2] ^= 1
        piece = max(1, len(data) // 8) if self.hub.drip else len(data)
        for at in range(0, len(data), piece or 1):
            self.wfile.write(data[at:at + piece])
            if self.hub.drip:
                self.wfile.flush()
                time.sleep(self.hub.drip)

    def send_json(self, document, headers=None):
        self.send(200, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})

    def fail(self, status, code, message, headers=None):
        more = {"X-Error-Code": code} if code else {}
        self.send(status, json.dumps({"error": message}).encode(), {**more, "X-Error-Message": message, **(headers or {})})

    def send(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def main():
    folder = pathlib.Path(sys.argv[1])
    with LocalHub() as hub:
        for config in sorted(folder.glob("*/*/")):
            files = {str(p.relative_to(config)): Content(path=p) for p in sorted(config.rglob("*")) if p.is_file()}
            hub.add(str(config.relative_to(folder)), files)
        print(hub.endpoint, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
