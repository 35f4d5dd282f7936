"""The programs that are compared, each with the same few operations on a tree of its own.

A command is a shell line, run in the tree. Every tool keeps its store on the file system that is measured.
"""
import os
import shlex
import shutil
import subprocess


def q(word):
    return shlex.quote(str(word))


class Cowstore:
    name = "cowstore"

    def __init__(self, tree, program):
        self.tree, self.store = tree, tree / ".cowstore" / "store"
        self.program = q(program)
        self.prepare = f"{self.program} -q init ."
        self.commit = f"{self.program} -q commit -m version"
        self.status = f"{self.program} status"
        self.go_back = f"{self.program} -q checkout @~1"
        self.go_forth = f"{self.program} -q checkout main"

    def checkout(self, directory):
        return f"{self.program} -q checkout main {q(directory)}"


class Git:
    name = "git"

    def __init__(self, tree):
        self.tree, self.store = tree, tree / ".git"
        self.prepare = "git init -q -b main . && git config gc.auto 0 && git config user.name bench && " \
                       "git config user.email bench@localhost"
        self.commit = "git add -A && git commit -q -m version"
        self.status = "git status --porcelain"
        self.go_back = "git checkout -q main~1"
        self.go_forth = "git checkout -q main"


class Restic:
    name = "restic"

    def __init__(self, tree, store):
        self.tree, self.store = tree, store
        self.prepare = f"restic --quiet --repo {q(store)} init"
        self.commit = f"restic --quiet --repo {q(store)} backup ."


def installed(program):
    return shutil.which(program) is not None


def version_of(program):
    argument = "version" if program.endswith("cowstore") or program == "restic" else "--version"
    done = subprocess.run([program, argument], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.splitlines()[0] if done.stdout else "unknown"


def environment(scratch):
    """Nobody's configuration, and caches below `scratch`."""
    return {"HOME": str(scratch), "XDG_CACHE_HOME": str(scratch / "cache"), "RESTIC_PASSWORD": "bench",
            "GIT_CONFIG_NOSYSTEM": "1", "COWSTORE_AUTHOR": "bench <bench@localhost>", "LC_ALL": "C",
            "PATH": os.environ.get("PATH", os.defpath)}
