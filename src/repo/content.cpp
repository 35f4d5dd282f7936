#include <map>

#include "base/try.hpp"
#include "object/named_tree.hpp"
#include "object/path.hpp"
#include "refs/revision.hpp"
#include "repo/entry_info.hpp"
#include "repo/history.hpp"
#include "store/content_reader.hpp"
#include "sys/file.hpp"

namespace cowstore::repo {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

/// A revision with the path behind its colon, found.
struct Located {
  object::TreeRoots roots;
  std::string path;
  object::ResolvedPath found;
};

Result<Located> locate(Session& session, const std::string& revision_path) {
  refs::RevisionAndPath split = refs::split_revision_path(revision_path);
  Located located;
  located.path = split.path.value_or("");
  while (located.path.ends_with('/')) located.path.pop_back();
  while (located.path.starts_with("./")) located.path.erase(0, 2);
  if (located.path == ".") located.path.clear();
  located.roots = COWSTORE_TRY(session.roots_of(COWSTORE_TRY(session.resolve(split.revision)).commit));
  auto found = object::resolve_in_roots(*session.store, located.roots, located.path);
  if (!found) {
    Error error = std::move(found).error();
    if (error.code == ErrorCode::kNotFound) error.hint = "`cowstore ls -r " + split.revision + "` lists what there is";
    return error;
  }
  located.found = std::move(*found);
  return located;
}

std::string child_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

class Lister {
 public:
  Lister(Session& session, Recursion recursion, const std::function<Result<void>(const EntryInfo&)>& sink)
      : session_(session), recursion_(recursion), sink_(sink) {}

  Result<void> directory(const std::string& path, const object::TreeRoots& roots) {
    std::map<std::string, object::AttributesEntry> attributes;
    if (roots.attributes) {
      auto take = [&](const object::AttributesEntry& entry) -> Result<void> {
        attributes.emplace_hint(attributes.end(), entry.name, entry);
        return {};
      };
      COWSTORE_TRY(object::AttributesReader(*session_.store, *roots.attributes).for_each(take));
    }
    auto special = special_files(attributes);
    auto next = special.begin();
    auto show_special_before = [&](const std::string* name) -> Result<void> {
      for (; next != special.end() && (name == nullptr || next->name < *name); ++next)
        COWSTORE_TRY(entry(path, *next, attributes[next->name]));
      return {};
    };
    auto show = [&](const object::TreeEntry& entry) -> Result<void> {
      COWSTORE_TRY(show_special_before(&entry.name));
      return this->entry(path, entry, attributes[entry.name]);
    };
    COWSTORE_TRY(object::DirectoryReader(*session_.store, *roots.tree).for_each(show));
    return show_special_before(nullptr);
  }

 private:
  /// They stand in the attributes alone.
  static std::vector<object::TreeEntry> special_files(
      const std::map<std::string, object::AttributesEntry>& attributes) {
    std::vector<object::TreeEntry> special;
    for (const auto& [name, recorded] : attributes) {
      if (!recorded.attributes.special) continue;
      special.emplace_back().name = name;
      special.back().kind = object::entry_kind(recorded.attributes.special->kind);
    }
    return special;
  }

  Result<void> entry(const std::string& directory_path, const object::TreeEntry& entry,
                     const object::AttributesEntry& recorded) {
    std::string path = child_path(directory_path, entry.name);
    object::Attributes own = recorded.attributes;
    if (recorded.children) {
      auto self = COWSTORE_TRY(object::AttributesReader(*session_.store, *recorded.children).find(""));
      if (self) own = self->attributes;
    }
    bool descend = recursion_ == Recursion::kRecursive && entry.kind == EntryKind::kDirectory;
    COWSTORE_TRY(sink_(entry_info(path, entry, own)));
    return descend ? directory(path, {entry.tree, recorded.children}) : Result<void>();
  }

  Session& session_;
  Recursion recursion_;
  const std::function<Result<void>(const EntryInfo&)>& sink_;
};

Result<void> stream(store::Store& store, const object::FileRef& file, const ContentSink& sink) {
  store::ContentReader reader(store, file);
  static const Bytes kZeros(kPieceBytes);
  while (auto piece = COWSTORE_TRY(reader.next())) {
    if (!piece->data.empty()) COWSTORE_TRY(sink(piece->data.data(), piece->data.size()));
    for (std::uint64_t left = piece->zeros; left > 0;) {
      std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left, kZeros.size()));
      COWSTORE_TRY(sink(kZeros.data(), size));
      left -= size;
    }
  }
  return {};
}

Result<void> stream_working_file(Session& session, const std::string& path, const ContentSink& sink) {
  sys::Fd file = COWSTORE_TRY(session.copy.root.open_read(path));
  Bytes buffer(kPieceBytes);
  for (std::uint64_t offset = 0;;) {
    std::size_t got = COWSTORE_TRY(sys::read_at(file, buffer, offset, path));
    if (got == 0) return {};
    COWSTORE_TRY(sink(buffer.data(), got));
    offset += got;
  }
}

/// The reference behind an id and a size: the depth is what the store has under the id. Nothing if it has nothing.
Result<std::optional<object::FileRef>> stored_file(Session& session, const Digest& id, std::uint64_t size) {
  if (size == 0) return std::optional(object::FileRef::empty());
  if (store::is_implied_zero_chunk(id)) return std::optional(object::FileRef{0, size, FileId(id)});
  auto info = COWSTORE_TRY(session.store->info(id));
  if (!info) return std::optional<object::FileRef>();
  if (info->kind == store::ObjectKind::kChunk) return std::optional(object::FileRef{0, size, FileId(id)});
  if (info->kind != store::ObjectKind::kChunkList) return std::optional<object::FileRef>();
  object::NodeBytes root = COWSTORE_TRY(session.store->read_node(object::NodeKind::kChunkList, id));
  auto level = static_cast<std::uint8_t>(root->front());  // every node begins with its level
  return std::optional(object::FileRef{static_cast<std::uint8_t>(level + 1), size, FileId(id)});
}

}  // namespace

Result<void> list(Session& session, const std::string& revision_path, Recursion recursion,
                  const std::function<Result<void>(const EntryInfo&)>& sink) {
  Located located = COWSTORE_TRY(locate(session, revision_path));
  const object::TreeEntry& entry = located.found.entry;
  if (entry.kind == EntryKind::kDirectory) {
    return Lister(session, recursion, sink).directory(located.path, {entry.tree, located.found.attributes_id});
  }
  object::Attributes own = located.found.attributes.value_or(object::Attributes{});
  return sink(entry_info(located.path, entry, own));
}

Result<void> cat(Session& session, const std::string& revision_path, const ContentSink& sink) {
  if (!refs::split_revision_path(revision_path).path) {
    return Error{ErrorCode::kUsage,     0,
                 "show the content of", revision_path,
                 "it names no path",    "write REV:PATH, as in `cowstore cat @:README.md`"};
  }
  Located located = COWSTORE_TRY(locate(session, revision_path));
  const object::TreeEntry& entry = located.found.entry;
  if (entry.kind == EntryKind::kDirectory) {
    return Error{ErrorCode::kUsage,     0,
                 "show the content of", revision_path,
                 "it is a directory",   "`cowstore ls " + revision_path + "` lists it"};
  }
  if (entry.kind == EntryKind::kSymlink) {
    return sink(reinterpret_cast<const std::uint8_t*>(entry.target.data()), entry.target.size());
  }
  if (object::is_special(entry.kind)) {
    return Error{ErrorCode::kUsage,
                 0,
                 "show the content of",
                 revision_path,
                 std::string("it has none, being a ") + to_string(entry.kind),
                 ""};
  }
  return stream(*session.store, entry.file, sink);
}

Result<void> read_content(Session& session, const EntryInfo& entry, const ContentSink& sink) {
  if (entry.kind == EntryKind::kDirectory || object::is_special(entry.kind)) return {};
  if (entry.kind == EntryKind::kSymlink) {
    return sink(reinterpret_cast<const std::uint8_t*>(entry.target.data()), entry.target.size());
  }
  auto stored = COWSTORE_TRY(stored_file(session, entry.id, entry.size));
  return stored ? stream(*session.store, *stored, sink) : stream_working_file(session, entry.path, sink);
}

}  // namespace cowstore::repo
