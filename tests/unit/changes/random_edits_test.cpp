// Random edits against a naive oracle: two listings of the tree, made by reading everything, compared line by line.

#include <algorithm>
#include <map>

#include "support/random_bytes.hpp"
#include "support/tree_listing.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

using Listing = std::map<std::string, test::TreeEntry>;

Listing list(const std::string& root) {
  Listing listing;
  for (test::TreeEntry& entry : test::list_tree(root)) listing.emplace(entry.path, std::move(entry));
  return listing;
}

bool has_contents(const Listing& listing, const std::string& path) {
  auto next = listing.upper_bound(path + "/");
  return next != listing.end() && next->first.starts_with(path + "/");
}

/// Whether the listing tells an entry that only it has: files and links, and directories without contents.
bool is_told(const Listing& listing, const test::TreeEntry& entry) {
  return entry.kind != 'd' || !has_contents(listing, entry.path);
}

/// The letter of what happened to an entry that both have.
std::string difference(const test::TreeEntry& before, const test::TreeEntry& now) {
  const bool same_mode = now.kind == 'l' || before.mode == now.mode;
  if (before.kind != now.kind || before.content != now.content || !same_mode) return "M";
  return before.mtime != now.mtime ? "T" : "";
}

std::vector<std::string> expected(const Listing& before, const Listing& now) {
  std::vector<std::string> lines;
  for (const auto& [path, entry] : before) {
    auto found = now.find(path);
    if (found == now.end()) {
      if (is_told(before, entry)) lines.push_back("D " + path);
    } else if (const std::string letter = difference(entry, found->second); !letter.empty()) {
      lines.push_back(letter + " " + path);
    }
  }
  for (const auto& [path, entry] : now) {
    if (!before.contains(path) && is_told(now, entry)) lines.push_back("A " + path);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class Editor {
 public:
  Editor(WorkingCopy& copy, std::uint64_t seed) : copy_(copy), random_(seed) {}

  void edit() {
    const std::string path = copy_ / some_path();
    switch (random_.below(11)) {
      case 0:
      case 1:
      case 2:
        return write(path, content());
      case 3:
        return make_link(path);
      case 4:
        if (test::exists(path)) test::remove_path(path);
        return;
      case 5:
        return set_mode(path);
      case 6:
        return touch(path);
      case 7:
        return overwrite_behind_the_back(path);
      case 8:
        return make_directory(path);
      case 9:
        return write(path, test::random_bytes(40'000 + random_.below(3) * 200'000, random_.below(4)));
      default:
        return rename(path, copy_ / some_path());
    }
  }

 private:
  std::string some_path() {
    static const char* const kNames[] = {"a", "b", "a-b", "c", "dir", "z"};
    std::string path = kNames[random_.below(6)];
    for (std::uint64_t depth = random_.below(4); depth > 0; --depth) {
      path += std::string("/") + kNames[random_.below(6)];
    }
    return path;
  }
  std::string content() { return std::string(3, static_cast<char>('a' + random_.below(3))); }

  /// Whatever stands in the way of a file at the path goes, as a user would do it.
  void clear_way(const std::string& path) {
    for (std::size_t slash = path.find('/', copy_.root().path().size() + 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const std::string parent = path.substr(0, slash);
      if (test::exists(parent) && !is_directory(parent)) test::remove_path(parent);
    }
    test::make_dirs(path.substr(0, path.rfind('/')));
  }
  static bool is_directory(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    auto parent = sys::Dir::open(path.substr(0, slash));
    auto stat = parent->stat(path.substr(slash + 1));
    return stat.ok() && stat->kind == sys::FileKind::kDirectory;
  }
  void write(const std::string& path, const std::string& text) {
    clear_way(path);
    if (is_directory(path)) test::remove_path(path);
    if (test::exists(path)) test::remove_path(path);
    test::write_file(path, text, random_.below(4) == 0 ? 0755 : 0644);
  }
  void make_link(const std::string& path) {
    clear_way(path);
    test::remove_path(path);
    test::make_symlink(random_.below(2) == 0 ? "dir" : "nowhere", path);
  }
  void make_directory(const std::string& path) {
    clear_way(path);
    if (test::exists(path)) return;
    test::make_dirs(path);
  }
  bool is_file(const std::string& path) {
    auto stat = copy_.root().stat(path.substr(copy_.root().path().size() + 1));
    return stat.ok() && stat->kind == sys::FileKind::kRegular;
  }
  void set_mode(const std::string& path) {
    if (is_file(path)) test::set_mode(path, random_.below(2) == 0 ? 0600 : 0700);
  }
  void touch(const std::string& path) {
    if (is_file(path)) test::set_mtime(path, {static_cast<std::int64_t>(1'000 + random_.below(3)), 0});
  }
  /// The same size, and its time set back.
  void overwrite_behind_the_back(const std::string& path) {
    if (!is_file(path)) return;
    const Timestamp before = test::mtime_of(path);
    const std::size_t size = test::read_file(path).size();
    if (size > 0) test::overwrite_file(path, std::string(1, static_cast<char>('a' + random_.below(3))), size - 1);
    test::set_mtime(path, before);
  }
  void rename(const std::string& from, const std::string& to) {
    if (!is_file(from) || from == to || to.starts_with(from + "/")) return;
    clear_way(to);
    if (!is_file(from)) return;
    if (test::exists(to)) test::remove_path(to);
    if (is_file(from)) test::rename_path(from, to);
  }

  WorkingCopy& copy_;
  test::Random random_;
};

/// Runs of edits and comparisons against an older version; the index goes on from run to run, unless `keep` says no.
enum class Keep { kIndex, kNothing };
void run(WorkingCopy& copy, const test::TempDir& temp, std::uint64_t seed, Keep keep) {
  Editor editor(copy, seed);
  for (int i = 0; i < 30; ++i) editor.edit();
  object::TreeRoots version = copy.record();
  Listing before = list(temp.path());
  test::Random random(seed + 1);
  for (int round = 0; round < 40; ++round) {
    for (std::uint64_t edits = random.below(6); edits > 0; --edits) editor.edit();
    if (random.below(5) == 0) copy.boot = copy.boot == kBoot ? kNextBoot : kBoot;
    if (keep == Keep::kNothing) test::remove_path(copy / ".cowstore/index");
    const Listing now = list(temp.path());
    std::vector<std::string> found = lines_of(copy.refresh(version, Times::kReport));
    std::erase(found, "T ");
    std::erase(found, "M ");  // the listing doesn't tell of the root
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, expected(before, now)) << "seed " << seed << ", round " << round;
    if (random.below(4) != 0) continue;
    // An index that knows all of the present state, against the same version as before, or the present one.
    const object::TreeRoots present = copy.record();
    if (keep == Keep::kIndex) copy.settle(present);
    if (random.below(2) != 0) continue;
    version = present;
    before = now;
  }
}

class RandomEdits : public WorkingCopyTest {};
INSTANTIATE_TEST_SUITE_P(On, RandomEdits, all_filesystems(), test::filesystem_param_name);

TEST_P(RandomEdits, AreFoundAsTheNaiveComparisonFindsThem) {
  if (!copy_) return;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const test::TempDir temp(temp_->path());
    WorkingCopy copy(temp);
    run(copy, temp, seed, Keep::kIndex);
    if (HasFatalFailure()) return;
  }
}

TEST_P(RandomEdits, AreFoundWithoutAnIndexToo) {
  if (!copy_) return;
  for (std::uint64_t seed = 101; seed <= 102; ++seed) {
    const test::TempDir temp(temp_->path());
    WorkingCopy copy(temp);
    run(copy, temp, seed, Keep::kNothing);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace cowstore::changes
