#include "working_copy.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "chunk/chunker.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "object/named_tree.hpp"

namespace cowstore::changes {

namespace {

struct Recorder {
  WorkingCopy& copy;
  Record what;

  struct Recorded {
    TreeId tree;
    AttributesId attributes;
  };

  object::AttributesEntry attributes_of(const std::string& path, std::string name) const {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0);
    object::AttributesEntry entry;
    entry.name = std::move(name);
    entry.attributes.mtime = Timestamp{info.st_mtim.tv_sec, static_cast<std::uint32_t>(info.st_mtim.tv_nsec)};
    if (!S_ISLNK(info.st_mode)) entry.attributes.mode = static_cast<std::uint16_t>(info.st_mode & 07777);
    return entry;
  }

  object::TreeEntry entry_of(const std::string& path, std::string name, object::AttributesEntry& attributes) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0);
    object::TreeEntry entry;
    entry.name = std::move(name);
    if (S_ISLNK(info.st_mode)) {
      entry.kind = object::EntryKind::kSymlink;
      entry.target = std::filesystem::read_symlink(path).string();
    } else if (S_ISDIR(info.st_mode)) {
      entry.kind = object::EntryKind::kDirectory;
      const Recorded below = directory(path);
      entry.tree = below.tree;
      attributes = {entry.name, {}, below.attributes};
    } else {
      entry.kind = (info.st_mode & 0100) != 0 ? object::EntryKind::kExecutable : object::EntryKind::kFile;
      entry.file = copy.reference_to(test::read_file(path));
    }
    return entry;
  }

  Recorded directory(const std::string& path) {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(path)) {
      const std::string name = each.path().filename().string();
      if (name != ".cowstore" && !test::exists(each.path().string() + "/.cowstore") &&
          (each.is_symlink() || std::filesystem::is_regular_file(each.symlink_status()) ||
           std::filesystem::is_directory(each.symlink_status()))) {
        names.push_back(name);
      }
    }
    std::sort(names.begin(), names.end());
    object::DirectoryBuilder tree(copy.nodes);
    object::AttributesBuilder attributes(copy.nodes);
    EXPECT_TRUE(attributes.add(attributes_of(path, "")).ok());
    for (const std::string& name : names) {
      object::AttributesEntry beside = attributes_of(path + "/" + name, name);
      EXPECT_TRUE(tree.add(entry_of(path + "/" + name, name, beside)).ok());
      EXPECT_TRUE(attributes.add(beside).ok());
    }
    return {*tree.finish(), *attributes.finish()};
  }
};

}  // namespace

WorkingCopy::WorkingCopy(std::string path) : path_(std::move(path)) {
  test::make_dirs(path_ + "/.cowstore");
  root_ = std::move(sys::Dir::open(path_)).value();
  control_ = std::move(root_.open_dir(".cowstore")).value();
}

object::TreeRoots WorkingCopy::record(Record what) {
  const auto recorded = Recorder{*this, what}.directory(path_);
  if (what == Record::kContent) return {recorded.tree, std::nullopt};
  return {recorded.tree, recorded.attributes};
}

object::FileRef WorkingCopy::reference_to(std::string_view content) {
  object::ChunkListBuilder list(nodes);
  const chunk::CutRule& rule = chunk::rule_of(chunk::Profile::kDefault);
  for (ByteView rest = as_bytes(content); !rest.empty();) {
    const ByteView piece = rest.first(chunk::first_cut(rule, rest));
    EXPECT_TRUE(list.add(ChunkId(hash::sha256(piece)), piece.size()).ok());
    rest = rest.subspan(piece.size());
  }
  return *list.finish();
}

Scan WorkingCopy::scan(const ScanOptions& options) {
  auto result = changes::scan(root_, control_, index(), pool, options);
  EXPECT_TRUE(result.ok()) << result.error().message();
  return std::move(result).value();
}

std::vector<Change> WorkingCopy::compare(Scan& scan, const object::TreeRoots& version, Times times) {
  auto result = changes::compare(scan, version, tools(), {times});
  EXPECT_TRUE(result.ok()) << result.error().message();
  return std::move(result).value();
}

std::string WorkingCopy::status(const object::TreeRoots& version, const ScanOptions& options, Times times) {
  Scan found = scan(options);
  return describe(compare(found, version, times));
}

std::string WorkingCopy::refresh(const object::TreeRoots& version, Times times) {
  const index::StatIndex old = index();
  Scan found = scan();
  const std::string lines = describe(compare(found, version, times));
  EXPECT_TRUE(refresh_index(found, old, boot, control_).ok());
  return lines;
}

void WorkingCopy::settle(const object::TreeRoots& version) {
  const auto vouched_for = [](const auto& self, const ScannedDirectory& directory) -> bool {
    return std::all_of(directory.entries.begin(), directory.entries.end(), [&](const ScannedEntry& entry) {
      return entry.directory != nullptr ? self(self, *entry.directory) : entry.origin == ScannedEntry::Origin::kIndex;
    });
  };
  for (;;) {
    refresh(version);
    const Scan found = scan();
    if (found.directory().known_tree && found.directory().known_attributes &&
        vouched_for(vouched_for, found.directory())) {
      return;
    }
  }
}

std::string letter(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "A";
    case ChangeKind::kModified:
      return "M";
    case ChangeKind::kDeleted:
      return "D";
    case ChangeKind::kTouched:
      return "T";
  }
  return "?";
}

std::string describe(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) text += letter(change.kind) + " " + change.path + "\n";
  return text;
}

void WorkingCopyTest::SetUp() {
  temp_ = GetParam() == "tmp" ? std::make_unique<test::TempDir>() : test::temp_dir_on(GetParam());
  if (temp_ != nullptr) copy_ = std::make_unique<WorkingCopy>(*temp_);
}

}  // namespace cowstore::changes
