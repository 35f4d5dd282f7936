"""A second reader of repositories, written from docs/format.md alone: where it fails, the page or the program is wrong.

Strict where the page says that a reader must reject, slow everywhere. Only Python's standard library, and libzstd.
"""
import ctypes
import hashlib
import json
import os
import struct
from pathlib import Path

PROFILES = {"default": 262144, "fine": 65536, "bulk": 1048576}
CHUNK, CHUNK_LIST, DIRECTORY, ATTRIBUTES, COMMIT = range(5)
KIND_NAMES = {1: "file", 2: "executable", 3: "symlink", 4: "directory"}
EMPTY = hashlib.sha256(b"").digest()

_zstd = ctypes.CDLL("libzstd.so.1")
_zstd.ZSTD_decompress.restype = ctypes.c_size_t


class FormatError(Exception):
    pass


def require(condition, what):
    if not condition:
        raise FormatError(what)


def check_of(data):
    return hashlib.sha256(data).digest()[:8]


def node_id(kind, encoding):
    return hashlib.sha256(b"cowstore-node-v1\0" + bytes([kind]) + encoding).digest()


class Bytes:
    """A cursor over an encoding."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        require(self.at + count <= len(self.data), "truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                require(byte != 0 or shift == 0, "a varint that isn't shortest")
                require(value < 1 << 64, "a varint of more than 64 bits")
                return value
            shift += 7

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def sized(self):
        return self.take(self.varint())

    def end(self):
        require(self.at == len(self.data), "bytes behind the end")


class Store:
    """Objects by id, through the index segments."""

    def __init__(self, path):
        self.path = Path(path)
        self.config = json.loads((self.path / "config").read_bytes())
        require(sorted(self.config) == ["attributes", "chunking", "features", "format"], "members of config")
        require(self.config["format"] == 1 and self.config["features"] == [], "an unknown format")
        self.places = {}
        segments = {p.stem: Segment(p) for p in (self.path / "index").glob("*.idx")}
        superseded = {name for segment in segments.values() for name in segment.superseded}
        for name, segment in segments.items():
            if name not in superseded:
                self.places.update(segment.places)
        zeros = bytes(PROFILES[self.config["chunking"]])
        self.implied = {hashlib.sha256(zeros).digest(): zeros}
        self.blocks = {}

    def read(self, kind, identity):
        if kind == CHUNK and identity in self.implied:
            return self.implied[identity]
        require(identity in self.places, f"no {identity.hex()} in the index")
        place_kind, container, offset, inner, length = self.places[identity]
        require(place_kind == kind, f"{identity.hex()} is of another kind")
        data = container.read(self, offset, inner, length)
        actual = hashlib.sha256(data).digest() if kind == CHUNK else node_id(kind, data)
        require(actual == identity, f"{identity.hex()} has other bytes")
        return data


class Loose:
    def __init__(self, name, size):
        self.name, self.size = name, size

    def read(self, store, offset, inner, length):
        require(inner == 0 and offset + length <= self.size, "a place outside of a loose file")
        name = self.name.hex()
        with open(store.path / "loose" / name[:2] / name[2:], "rb") as file:
            file.seek(offset)
            return file.read(length)


class Pack:
    def __init__(self, name):
        self.name = name

    def read(self, store, offset, inner, length):
        key = (self.name, offset)
        if key not in store.blocks:
            store.blocks[key] = self.block(store, offset)
        return store.blocks[key][inner:inner + length]

    def block(self, store, offset):
        data = (store.path / "packs" / (self.name.hex() + ".pack")).read_bytes()
        require(data[:8] == b"cowpack\n" and struct.unpack("<II", data[8:16]) == (1, 0), "the header of a pack")
        require(data[24:32] == check_of(data[:24]), "the check of a pack's header")
        magic, codec, reserved, raw, stored, objects, zero = struct.unpack("<4sB3sIIII", data[offset:offset + 24])
        require(magic == b"cblk" and reserved == bytes(3) and zero == 0, "the header of a block")
        table = data[offset + 32:offset + 32 + 37 * objects]
        require(data[offset + 24:offset + 32] == check_of(data[offset:offset + 24] + table), "the check of a block")
        at = offset + 32 + len(table)
        payload = data[at:at + stored]
        if codec == 0:
            require(raw == stored, "the size of a raw block")
            return payload
        require(codec == 1, "an unknown codec")
        plain = ctypes.create_string_buffer(raw)
        require(_zstd.ZSTD_decompress(plain, ctypes.c_size_t(raw), payload, ctypes.c_size_t(stored)) == raw, "zstd")
        return plain.raw


class Segment:
    def __init__(self, path):
        data = path.read_bytes()
        require(hashlib.sha256(data).hexdigest() == path.stem, "the name of a segment")
        magic, version, flags, count, containers, superseded, bits, reserved, filters, size = struct.unpack(
            "<8sIIQIIB7sQQ", data[:56])
        require(magic == b"cowindx\n" and (version, flags) == (1, 0) and reserved == bytes(7), "a segment's header")
        require(data[56:64] == check_of(data[:56]) and size == len(data), "the check of a segment")
        at = 64
        self.superseded = [data[at + 32 * i:at + 32 * (i + 1)].hex() for i in range(superseded)]
        at += 32 * superseded
        self.containers = [self.container(data[at + 72 * i:at + 72 * (i + 1)]) for i in range(containers)]
        at += 72 * containers + 32 * filters + 4 * (1 << bits)
        ids = [data[at + 32 * i:at + 32 * (i + 1)] for i in range(count)]
        require(all(a < b for a, b in zip(ids, ids[1:])), "the order of a segment's ids")
        at += 32 * count
        self.places = {}
        for i, identity in enumerate(ids):
            container, inner, length, packed = struct.unpack("<IIIQ", data[at + 20 * i:at + 20 * (i + 1)])
            self.places[identity] = (packed >> 56, self.containers[container], packed & ((1 << 56) - 1), inner, length)
        require(at + 20 * count == len(data), "a segment's size")

    @staticmethod
    def container(data):
        kind, _, _, name, size = struct.unpack("<BB6s32sQ", data[:48])
        require(kind in (1, 2), "an unknown container")
        return Pack(name) if kind == 1 else Loose(name, size)


def node_entries(data, leaf_entry, inner_entry):
    """A node's level, and its entries."""
    cursor = Bytes(data)
    level, count = cursor.u8(), cursor.varint()
    require(level <= 31, "a node's level")
    entries = [(leaf_entry if level == 0 else inner_entry)(cursor) for _ in range(count)]
    cursor.end()
    return level, entries


def leaves(store, kind, identity, leaf_entry, inner_entry, level=None):
    """The leaf entries below a node, in order."""
    found, entries = node_entries(store.read(kind, identity), leaf_entry, inner_entry)
    require(level is None or found == level, "a child's level")
    require(level is not None or found == 0 or len(entries) > 1, "a root with a single child")
    if found == 0:
        yield from entries
        return
    for entry in entries:
        yield from leaves(store, kind, entry[1], leaf_entry, inner_entry, found - 1)


def file_reference(cursor):
    return cursor.u8(), cursor.varint(), cursor.take(32)


def list_entry(cursor):
    return cursor.take(32), cursor.varint(), cursor.varint()


def content(store, reference):
    """A file's bytes, piece by piece."""
    depth, size, identity = reference
    if size == 0:
        require(depth == 0 and identity == EMPTY, "the reference of an empty file")
    elif depth == 0:
        yield store.read(CHUNK, identity)
    else:
        yield from list_content(store, identity, depth - 1)


def list_content(store, identity, level):
    found, entries = node_entries(store.read(CHUNK_LIST, identity), list_entry, list_entry)
    require(found == level, "the level of a chunk list")
    for child, length, repeat in entries:
        for _ in range(repeat):
            pieces = [store.read(CHUNK, child)] if level == 0 else list(list_content(store, child, level - 1))
            require(sum(map(len, pieces)) == length, "a length in a chunk list")
            yield from pieces


def tree_entry(cursor):
    name, kind = cursor.sized(), cursor.u8()
    require(1 <= len(name) <= 255 and b"/" not in name and b"\0" not in name, "a name")
    require(name not in (b".", b"..", b".cowstore"), "a name")
    require(kind in KIND_NAMES, "a kind")
    body = file_reference(cursor) if kind <= 2 else cursor.sized() if kind == 3 else cursor.take(32)
    return name, KIND_NAMES[kind], body


def named_child(cursor):
    return cursor.sized(), cursor.take(32)


def attributes_entry(cursor):
    name, fields = cursor.sized(), cursor.varint()
    found = {}
    if fields & 1:
        found["mtime"] = cursor.zigzag() * 10**9 + cursor.varint()
    if fields & 2:
        found["mode"] = cursor.varint()
    if fields & 4:
        found["owner"] = cursor.varint(), cursor.varint()
    if fields & 8:
        found["xattrs"] = {}
        for _ in range(cursor.varint()):
            key, stored = cursor.sized(), cursor.u8()
            found["xattrs"][key] = file_reference(cursor) if stored else cursor.sized()
    if fields & 16:
        found["link group"] = cursor.varint()
    if fields & 32:
        kind = cursor.u8()
        found["special"] = (kind, *((cursor.varint(), cursor.varint()) if kind in (3, 4) else ()))
    if fields & 64:
        found["children"] = cursor.take(32)
    require(fields < 128, "an unknown attribute")
    return name, found


def walk(store, tree, attributes, path=b""):
    """Every entry of a version: path, kind, what it is, what is recorded beside it. The root comes first, as ""."""
    recorded = {}
    if attributes is not None:
        recorded = dict(leaves(store, ATTRIBUTES, attributes, attributes_entry, named_child))
    if not path:
        yield path, "directory", tree, recorded.get(b"", {})
    for name, kind, body in leaves(store, DIRECTORY, tree, tree_entry, named_child):
        below, beside = path + b"/" * bool(path) + name, recorded.get(name, {})
        children = beside.get("children")
        if kind == "directory" and children is not None:
            beside = dict(leaves(store, ATTRIBUTES, children, attributes_entry, named_child))[b""]
        yield below, kind, body, beside
        if kind == "directory":
            yield from walk(store, body, children, below)


def commit(store, identity):
    data = store.read(COMMIT, identity)
    found = json.loads(data)
    canonical = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    require(canonical == data, "a commit that isn't canonical")
    require(sorted(found) == ["attributes", "author", "chunking", "format", "message", "meta", "parents", "time", "tree"],
            "the members of a commit")
    return found


class Log:
    """The state: the view of the last record of the newest generation."""

    RECORD = struct.Struct("<8sIIIIQQQQ32s32s32s32s")

    def __init__(self, directory):
        newest = max(Path(directory).glob("*.log"), key=lambda p: int(p.stem))
        self.data = newest.read_bytes()
        require(self.data[:8] == b"\xc5cowlog\0" and struct.unpack("<II", self.data[8:16]) == (1, 0), "a log's header")
        require(self.data[40:72] == hashlib.sha256(self.data[:40]).digest(), "the hash of a log's header")
        self.records = []
        for at in range(8192, len(self.data), 4096):
            record = self.record(at)
            if record is not None and record["copy"] == 0:
                self.records.append(record)

    def record(self, at):
        head = self.data[at:at + 192]
        if len(head) < 192 or head[:8] != b"\xc5cowrec\0":
            return None
        (_, copy, operation, view, _, offset, number, previous, _, before, operation_hash, view_hash,
         header_hash) = self.RECORD.unpack(head[:self.RECORD.size])
        if header_hash != hashlib.sha256(head[:self.RECORD.size - 32]).digest():
            return None
        at += self.RECORD.size
        parts = self.data[at:at + operation], self.data[at + operation:at + operation + view]
        for part, digest in zip(parts, (operation_hash, view_hash)):
            require((hashlib.sha256(part).digest() if part else bytes(32)) == digest, "a part of a record")
        return {"copy": copy, "offset": offset, "number": number, "previous": previous, "before": before,
                "id": operation_hash, "operation": json.loads(parts[0]) if parts[0] else None,
                "view": json.loads(parts[1]) if parts[1] else None}

    def view(self):
        view = {}
        for record in self.records:
            if record["operation"]:
                for key, old, new in record["operation"]["changes"]:
                    require(view.get(key) == old, f"the value before a change of {key}")
                    view.pop(key, None)
                    if new is not None:
                        view[key] = new
            if record["view"] is not None:
                found = dict(record["view"])
                require(not view or view == found, "a view that isn't the sum of the operations")
                view = found
        return view


def open_working_copy(path):
    """The store of a working copy, its log, and the id by which the view knows it."""
    control = Path(path) / ".cowstore"
    home = json.loads((control / "home").read_bytes())
    store = Store(os.path.join(control, home["store"]))
    return store, Log(store.path / "log"), home["id"]
