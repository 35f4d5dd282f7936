"""Where measurements take place: a file system on a loop image of its own, or a directory."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

MAKE = {
    "btrfs": ["mkfs.btrfs", "--quiet"],
    "xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"],
    "ext4": ["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
}


def quietly(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.strip()


@contextlib.contextmanager
def image(kind, size, parent):
    """A file system of that kind, mounted, on a sparse image of `size` bytes below `parent`. Removes all of it."""
    with contextlib.ExitStack() as undo:
        base = pathlib.Path(tempfile.mkdtemp(prefix="cowstore-bench.", dir=parent))
        undo.callback(shutil.rmtree, base, ignore_errors=True)
        disk = base / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(size)
        quietly(*MAKE[kind], str(disk))
        loop = attach(disk)
        undo.callback(quietly, "losetup", "--detach", loop)
        mounted = base / "mounted"
        mounted.mkdir()
        quietly("mount", "-o", "noatime", loop, str(mounted))
        undo.callback(unmount, mounted)
        yield mounted


def unmount(mounted):
    """What was interrupted may need a moment to end."""
    for _ in range(50):
        if subprocess.run(["umount", mounted], stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    quietly("umount", "--lazy", str(mounted))


def attach(disk):
    """With direct I/O where that goes, so that nothing is cached twice."""
    try:
        return quietly("losetup", "--find", "--show", "--direct-io=on", str(disk))
    except subprocess.CalledProcessError:
        return quietly("losetup", "--find", "--show", str(disk))


@contextlib.contextmanager
def directory(parent):
    """A new directory in `parent`. Removes it."""
    base = pathlib.Path(tempfile.mkdtemp(prefix="cowstore-bench.", dir=parent))
    try:
        yield base
    finally:
        shutil.rmtree(base, ignore_errors=True)


def has_reflinks(place):
    original = place / "probe"
    original.write_bytes(b"x" * 65536)
    done = subprocess.run(["cp", "--reflink=always", original, place / "probe2"], stderr=subprocess.DEVNULL)
    for file in (original, place / "probe2"):
        file.unlink(missing_ok=True)
    return done.returncode == 0


def settle(place):
    """Writes back what is pending, so that one command doesn't pay for another's work."""
    subprocess.run(["sync", "-f", place], check=True)


def used_bytes(place):
    """As the file system counts, after a sync."""
    settle(place)
    stat = os.statvfs(place)
    return (stat.f_blocks - stat.f_bfree) * stat.f_frsize


def stored_bytes(directory):
    """Blocks of all files below; what files share counts for each."""
    return int(quietly("du", "-s", "--block-size=1", str(directory)).split()[0])
