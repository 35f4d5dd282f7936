#include "provider/file_maker.hpp"

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "sys/file.hpp"

namespace cowstore::provider {

namespace {

std::uint16_t default_mode(object::EntryKind kind) {
  return kind == object::EntryKind::kExecutable ? 0777 : 0666;
}

Error damaged(const std::string& path, std::uint64_t offset, const ChunkId& chunk) {
  return {ErrorCode::kCorrupt,
          0,
          "verify",
          path,
          "at byte " + std::to_string(offset) + " it isn't the chunk " + chunk.hex(),
          "`cowstore fsck` tells what else is damaged"};
}

}  // namespace

FileMaker::FileMaker(store::Store& store, share::Ladder& ladder, Verification verification, Times times,
                     base::ThreadPool* helpers)
    : store_(store), ladder_(ladder), verification_(verification), times_(times), helpers_(helpers) {}

Result<sys::Stat> FileMaker::make(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                                  const object::Attributes& attributes) const {
  if (entry.kind == object::EntryKind::kSymlink) return make_symlink(parent, name, entry, attributes);
  std::string path = parent.path_of(name);
  // Not more open than it will be, while it is filled.
  sys::Fd file = COWSTORE_TRY(parent.create_new(name, attributes.mode.value_or(default_mode(entry.kind)) & 0777));
  COWSTORE_TRY(fill(file, entry.file, path));
  if (times_ == Times::kRecorded && attributes.mtime) COWSTORE_TRY(sys::set_mtime(file, *attributes.mtime, path));
  sys::Stat stat = COWSTORE_TRY(sys::stat(file, path));
  if (attributes.mode && stat.mode != *attributes.mode) {  // the umask took some of it
    COWSTORE_TRY(sys::set_mode(file, *attributes.mode, path));
    stat = COWSTORE_TRY(sys::stat(file, path));
  }
  COWSTORE_TRY(file.close(path));
  return stat;
}

Result<sys::Stat> FileMaker::make_symlink(const sys::Dir& parent, const std::string& name,
                                          const object::TreeEntry& entry, const object::Attributes& attributes) const {
  COWSTORE_TRY(parent.make_symlink(entry.target, name));
  if (times_ == Times::kRecorded && attributes.mtime) COWSTORE_TRY(parent.set_mtime(name, *attributes.mtime));
  return parent.stat(name);
}

Result<void> FileMaker::fill(const sys::Fd& file, const object::FileRef& content, const std::string& path) const {
  if (content.size == 0) {
    ladder_.count_copy(0, 0);
    return {};
  }
  if (content.size > share::kSmallFileBytes && ladder_.may_clone() && COWSTORE_TRY(fill_by_clone(file, content, path)))
    return {};
  COWSTORE_TRY(ladder_.refuse_copy(content.size, path, "the store has no file that it could be cloned from"));
  std::uint64_t written = COWSTORE_TRY(write(file, content, path));
  ladder_.count_copy(content.size, written);
  return {};
}

Result<std::uint64_t> FileMaker::write(const sys::Fd& file, const object::FileRef& content,
                                       const std::string& path) const {
  // Who belongs to the pool must not wait for it.
  bool shared = helpers_ != nullptr && content.size >= kLargeFileBytes && !helpers_->owns_this_thread();
  return shared ? write_content_in_parts(store_, content, file, path, *helpers_)
                : write_content(store_, content, file, path);
}

Result<bool> FileMaker::fill_by_clone(const sys::Fd& file, const object::FileRef& content,
                                      const std::string& path) const {
  store::LooseFile loose = COWSTORE_TRY(store_.open_loose(content.id));
  if (!COWSTORE_TRY(is_source(loose, content))) return false;
  if (COWSTORE_TRY(ladder_.try_clone(loose.fd, file, content.size, path))) return true;
  COWSTORE_TRY(sys::truncate(file, 0, path));
  return false;
}

/// A file that isn't as recorded may be right all the same: a copied store has other inodes. It is read once.
Result<bool> FileMaker::is_source(const store::LooseFile& loose, const object::FileRef& content) const {
  bool intact = loose.state == store::LooseState::kIntact;
  if ((!intact && loose.state != store::LooseState::kAltered) || loose.size != content.size) return false;
  if (intact && verification_ == Verification::kTrust) return true;
  auto verified = verify(loose.fd, content);
  if (intact && !verified) return std::move(verified).error();
  if (verified) {
    if (!intact) store_.vouch(content, loose.seen);
    return true;
  }
  if (verified.error().code == ErrorCode::kCorrupt) return false;
  return std::move(verified).error();
}

/// Against the chunk list, since what the index has for a chunk may lie in another container, and be whole there.
Result<void> FileMaker::verify(const sys::Fd& file, const object::FileRef& content) const {
  std::string path = "the stored file " + content.id.hex();
  object::ChunkListReader chunks(store_, content);
  Bytes buffer;
  for (;;) {
    std::uint64_t offset = chunks.offset();
    auto run = COWSTORE_TRY(chunks.next());
    if (!run) return {};
    buffer.resize(run->length);
    for (std::uint64_t i = 0; i < run->repeat; ++i, offset += run->length) {
      COWSTORE_TRY(sys::read_exactly_at(file, buffer, offset, path));
      if (ChunkId(hash::sha256(buffer)) != run->chunk) return damaged(path, offset, run->chunk);
    }
  }
}

}  // namespace cowstore::provider
