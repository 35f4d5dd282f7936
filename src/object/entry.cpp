#include "object/entry.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "hash/sha256.hpp"

namespace cowstore {

const char* to_string(EntryKind kind) {
  switch (kind) {
    case EntryKind::kFile:
      return "file";
    case EntryKind::kExecutable:
      return "executable";
    case EntryKind::kSymlink:
      return "symlink";
    case EntryKind::kDirectory:
      return "directory";
    case EntryKind::kFifo:
      return "fifo";
    case EntryKind::kSocket:
      return "socket";
    case EntryKind::kCharDevice:
      return "character device";
    case EntryKind::kBlockDevice:
      return "block device";
  }
  return "unknown";
}

}  // namespace cowstore

namespace cowstore::object {

FileRef FileRef::empty() {
  static const FileId kNothing(hash::sha256(ByteView{}));
  return {0, 0, kNothing};
}

FileRef FileRef::single_chunk(const ChunkId& chunk, std::uint64_t length) {
  return {0, length, FileId(chunk.digest())};
}

const char* name_problem(std::string_view name) {
  if (name.empty()) return "a name is empty";
  if (name.size() > kMaxNameBytes) return "a name is longer than 255 bytes";
  if (name.find('/') != std::string_view::npos) return "a name holds a slash";
  if (name.find('\0') != std::string_view::npos) return "a name holds a NUL byte";
  if (name == "." || name == "..") return "a name is that of the directory itself or its parent";
  if (name == ".cowstore") return "a name is reserved: .cowstore";
  return nullptr;
}

const char* file_problem(const FileRef& file) {
  if (file.depth > kMaxLevel + 1) return "a file's list is too deep";
  if (file.size > kMaxFileBytes) return "a file is too large";
  if (file.depth > 0) return file.size < 2 ? "a list of chunks for a file that needs none" : nullptr;
  if (file.size > kMaxChunkBytes) return "a file of one chunk is larger than a chunk";
  if (file.size == 0 && file != FileRef::empty()) return "an empty file has the wrong id";
  return nullptr;
}

namespace {

const char* target_problem(std::string_view target) {
  if (target.empty()) return "a symlink's target is empty";
  if (target.size() > kMaxTargetBytes) return "a symlink's target is longer than 4095 bytes";
  if (target.find('\0') != std::string_view::npos) return "a symlink's target holds a NUL byte";
  return nullptr;
}

}  // namespace

const char* entry_problem(const TreeEntry& entry) {
  if (const char* problem = name_problem(entry.name)) return problem;
  switch (entry.kind) {
    case EntryKind::kFile:
    case EntryKind::kExecutable:
      return file_problem(entry.file);
    case EntryKind::kSymlink:
      return target_problem(entry.target);
    case EntryKind::kDirectory:
      return nullptr;
    case EntryKind::kFifo:
    case EntryKind::kSocket:
    case EntryKind::kCharDevice:
    case EntryKind::kBlockDevice:
      break;  // these stand in the attributes
  }
  return "an entry is of no known kind";
}

void encode_file_ref(const FileRef& file, base::Writer& out) {
  out.u8(file.depth);
  out.varint(file.size);
  out.raw(file.id.digest().bytes);
}

Result<FileRef> decode_file_ref(base::Reader& in) {
  FileRef file;
  file.depth = COWSTORE_TRY(in.u8());
  file.size = COWSTORE_TRY(in.varint());
  file.id = FileId(COWSTORE_TRY(decode_digest(in)));
  if (const char* problem = file_problem(file)) return in.corrupt(problem);
  return file;
}

Result<Digest> decode_digest(base::Reader& in) {
  Digest digest;
  ByteView bytes = COWSTORE_TRY(in.raw(digest.bytes.size()));
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

}  // namespace cowstore::object
