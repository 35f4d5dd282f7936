// Trees that no cowstore writes but somebody may have put into a store: refused by whatever reads them, and nothing is
// written outside of, or left behind in, the place that was asked for.
#include <functional>

#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "object/commit.hpp"
#include "object/named_node.hpp"
#include "object/named_tree.hpp"
#include "object/run_node.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"
#include "support/random_bytes.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

using object::TreeEntry;

/// What a hostile tree is made of: nodes put as they are, without the checks of the builders.
class Forger {
 public:
  explicit Forger(const std::string& copy)
      : store_(must(store::Store::open(must(sys::Dir::open(copy + "/.cowstore/store"))))),
        transaction_(must(store_->begin())) {}

  ChunkId chunk(const std::string& content) {
    ChunkId id(hash::sha256(as_bytes(content)));
    must(transaction_->put_chunk(id, as_bytes(content)));
    return id;
  }

  TreeEntry file(const std::string& name, const std::string& content = "content") {
    TreeEntry entry;
    entry.name = name;
    entry.file = object::FileRef::single_chunk(chunk(content), content.size());
    return entry;
  }

  TreeEntry link(const std::string& name, const std::string& target) {
    TreeEntry entry;
    entry.name = name;
    entry.kind = object::EntryKind::kSymlink;
    entry.target = target;
    return entry;
  }

  TreeEntry directory(const std::string& name, const TreeId& tree) {
    TreeEntry entry;
    entry.name = name;
    entry.kind = object::EntryKind::kDirectory;
    entry.tree = tree;
    return entry;
  }

  /// One node with these entries, whatever they are and in this order.
  TreeId tree(const std::vector<TreeEntry>& entries) {
    object::OpenNamedNode<TreeEntry> node(0);
    for (const TreeEntry& entry : entries) node.append(entry);
    return TreeId(put(object::NodeKind::kDirectory, node.encode()));
  }

  Digest put(object::NodeKind kind, const Bytes& encoding) {
    Digest id = object::node_id(kind, encoding);
    must(transaction_->put_node(kind, id, encoding));
    return id;
  }

  /// A list of chunks, each said to be so long.
  Digest chunk_list(const std::vector<object::Run>& runs) {
    object::OpenRunNode node(0);
    for (const object::Run& run : runs) node.append(run);
    return put(object::NodeKind::kChunkList, node.encode());
  }

  std::string commit(const TreeId& tree) {
    object::Commit commit;
    commit.tree = tree;
    commit.author = "Mallory";
    commit.message = "hostile";
    CommitId id = must(object::put_commit(*transaction_, commit));
    must(transaction_->publish());
    return id.hex();
  }

  store::Transaction& transaction() { return *transaction_; }

 private:
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<store::Transaction> transaction_;
};

struct Hostile {
  const char* name;
  std::function<TreeId(Forger&)> make;
};

TreeEntry sized(const std::string& name, std::uint8_t depth, std::uint64_t size, const Digest& id) {
  TreeEntry entry;
  entry.name = name;
  entry.file = {depth, size, FileId(id)};
  return entry;
}

TreeId with_name(Forger& forger, const std::string& name) {
  return forger.tree({forger.file(name)});
}

std::vector<Hostile> names_and_kinds() {
  return {
      {"name ..", [](Forger& f) { return with_name(f, ".."); }},
      {"name .", [](Forger& f) { return with_name(f, "."); }},
      {"empty name", [](Forger& f) { return with_name(f, ""); }},
      {"absolute name", [](Forger& f) { return with_name(f, "/tmp/cowstore-outside"); }},
      {"name that leads out", [](Forger& f) { return with_name(f, "../outside"); }},
      {"name with a slash", [](Forger& f) { return with_name(f, "a/b"); }},
      {"name with a NUL", [](Forger& f) { return with_name(f, std::string("a\0b", 3)); }},
      {"name of 256 bytes", [](Forger& f) { return with_name(f, std::string(256, 'n')); }},
      {"control directory", [](Forger& f) { return f.tree({f.directory(".cowstore", f.tree({f.file("home")}))}); }},
      {"control directory as a link", [](Forger& f) { return f.tree({f.link(".cowstore", "/tmp")}); }},
      {"control directory further down",
       [](Forger& f) { return f.tree({f.directory("sub", f.tree({f.directory(".cowstore", f.tree({}))}))}); }},
      {"duplicate name",
       [](Forger& f) {
         return f.tree({f.file("twice"), f.file("twice", "other")});
       }},
      {"link and directory of one name",
       [](Forger& f) {
         return f.tree({f.link("twice", ".."), f.directory("twice", f.tree({f.file("outside")}))});
       }},
      {"directory and link of one name",
       [](Forger& f) {
         return f.tree({f.directory("twice", f.tree({f.file("outside")})), f.link("twice", "..")});
       }},
      {"names out of order",
       [](Forger& f) {
         return f.tree({f.file("b"), f.file("a")});
       }},
      {"empty link target", [](Forger& f) { return f.tree({f.link("link", "")}); }},
      {"link target with a NUL", [](Forger& f) { return f.tree({f.link("link", std::string("a\0b", 3))}); }},
      {"link target of 4096 bytes", [](Forger& f) { return f.tree({f.link("link", std::string(4096, 't'))}); }},
  };
}

std::vector<Hostile> references() {
  return {
      {"directory that isn't there", [](Forger& f) { return f.tree({f.directory("gone", TreeId(hash::sha256({})))}); }},
      {"directory that is a chunk",
       [](Forger& f) { return f.tree({f.directory("chunk", TreeId(f.chunk("no tree").digest()))}); }},
      {"directory that is a chunk list",
       [](Forger& f) {
         Digest list = f.chunk_list({{f.chunk("one").digest(), 3, 1}, {f.chunk("two!").digest(), 4, 1}});
         return f.tree({f.directory("list", TreeId(list))});
       }},
      {"directory of random bytes",
       [](Forger& f) {
         std::string junk = random_bytes(500, 9);
         ByteView bytes = as_bytes(junk);
         return TreeId(f.put(object::NodeKind::kDirectory, Bytes(bytes.begin(), bytes.end())));
       }},
      {"file that isn't there",
       [](Forger& f) { return f.tree({sized("gone", 0, 10, hash::sha256(as_bytes(std::string("nothing"))))}); }},
      {"file longer than its chunk",
       [](Forger& f) { return f.tree({sized("long", 0, 8, f.chunk("seven77").digest())}); }},
      {"file shorter than its chunk",
       [](Forger& f) { return f.tree({sized("short", 0, 6, f.chunk("seven77").digest())}); }},
      {"file without bytes of a chunk with some",
       [](Forger& f) { return f.tree({sized("empty", 0, 0, f.chunk("seven77").digest())}); }},
      {"chunk of exabytes",
       [](Forger& f) { return f.tree({sized("huge", 0, std::uint64_t{1} << 62, f.chunk("x").digest())}); }},
      {"size beyond what an offset can say",
       [](Forger& f) { return f.tree({sized("huge", 1, ~std::uint64_t{0}, f.chunk("x").digest())}); }},
      {"depth beyond all trees", [](Forger& f) { return f.tree({sized("deep", 200, 100, f.chunk("x").digest())}); }},
      {"list whose chunks are shorter than it says",
       [](Forger& f) {
         Digest list = f.chunk_list({{f.chunk("one").digest(), 5, 1}, {f.chunk("two!").digest(), 4, 1}});
         return f.tree({sized("lies", 1, 9, list)});
       }},
      {"list that is longer than the file says",
       [](Forger& f) {
         Digest list = f.chunk_list({{f.chunk("one").digest(), 3, 1}, {f.chunk("two!").digest(), 4, 1}});
         return f.tree({sized("lies", 1, 5, list)});
       }},
      {"list that is shorter than the file says",
       [](Forger& f) {
         Digest list = f.chunk_list({{f.chunk("one").digest(), 3, 1}, {f.chunk("two!").digest(), 4, 1}});
         return f.tree({sized("lies", 1, 1'000'000, list)});
       }},
      {"list whose lengths overflow",
       [](Forger& f) {
         Digest list =
             f.chunk_list({{f.chunk("one").digest(), 3, ~std::uint64_t{0} / 3}, {f.chunk("two!").digest(), 4, 1}});
         return f.tree({sized("overflows", 1, 6, list)});
       }},
      {"list of one chunk",
       [](Forger& f) {
         return f.tree({sized("single", 1, 3, f.chunk_list({{f.chunk("one").digest(), 3, 1}}))});
       }},
  };
}

std::vector<Hostile> all() {
  std::vector<Hostile> cases = names_and_kinds();
  for (Hostile& each : references()) cases.push_back(std::move(each));
  return cases;
}

class HostileTrees : public testing::Test {
 protected:
  void SetUp() override {
    make_repository(copy());
    write_file(copy() + "/file", "content");
    commit_all(copy(), "honest");
  }

  std::string forge(const Hostile& hostile) {
    Forger forger(copy());
    TreeId tree = hostile.make(forger);
    // Deep down, so that something has been made when it is found; and beside something that sorts first.
    return forger.commit(forger.tree({forger.file("aaa"), forger.directory("sub", tree)}));
  }

  [[nodiscard]] std::string copy() const { return temp_ / "copy"; }
  TempDir temp_;
};

Result<void> read_all(Repository repository, const std::string& revision) {
  std::vector<std::string> files;
  auto entry = [&](const EntryInfo& info) -> Result<void> {
    if (info.kind == EntryKind::kFile) files.push_back(info.path);
    return {};
  };
  auto listed = repository.list(revision, Recursion::kRecursive, entry);
  if (!listed) return listed;
  for (const std::string& file : files) {
    auto read = repository.cat(revision + ":" + file, [](const std::uint8_t*, std::size_t) { return Result<void>(); });
    if (!read) return read;
  }
  return {};
}

Result<void> diff_all(Repository repository, const std::string& revision) {
  return repository.diff("main", revision, [&](const EntryChange&) { return Result<void>(); });
}

}  // namespace

TEST_F(HostileTrees, AreRefusedByCheckoutIntoANewDirectory) {
  for (const Hostile& hostile : all()) {
    SCOPED_TRACE(hostile.name);
    std::string commit = forge(hostile);
    auto names = names_in(temp_.path());
    expect_error(open_repository(copy()).checkout(commit, temp_ / "again", {}), ErrorCode::kCorrupt);
    EXPECT_EQ(names_in(temp_.path()), names);
    EXPECT_FALSE(exists("/tmp/cowstore-outside"));
  }
}

TEST_F(HostileTrees, AreRefusedByASwitchWhichLeavesTheFiles) {
  for (const Hostile& hostile : all()) {
    SCOPED_TRACE(hostile.name);
    std::string commit = forge(hostile);
    auto names = names_in(temp_.path());
    expect_error(open_repository(copy()).switch_to(commit, {}), ErrorCode::kCorrupt);
    EXPECT_EQ(names_in(temp_.path()), names);
    EXPECT_EQ(names_in(copy()), (std::vector<std::string>{".cowstore", "file"}));
    auto reopened = Repository::open(copy(), test_context());
    ASSERT_TRUE(reopened.ok()) << "a switch that was refused keeps the working copy from being opened: "
                               << reopened.error().message();
    auto back = reopened->switch_to("main", {});
    EXPECT_TRUE(back.ok()) << back.error().message();
    expect_clean(copy());
  }
}

TEST_F(HostileTrees, AreRefusedByReaders) {
  for (const Hostile& hostile : all()) {
    SCOPED_TRACE(hostile.name);
    std::string commit = forge(hostile);
    expect_error(read_all(open_repository(copy()), commit), ErrorCode::kCorrupt);
  }
  for (const Hostile& hostile : names_and_kinds()) {
    SCOPED_TRACE(hostile.name);
    expect_error(diff_all(open_repository(copy()), forge(hostile)), ErrorCode::kCorrupt);
  }
}

TEST_F(HostileTrees, AreFaultsToFsck) {
  for (const Hostile& hostile : all()) {
    SCOPED_TRACE(hostile.name);
    TempDir own;
    std::string path = own / "copy";
    make_repository(path);
    Forger forger(path);
    std::string commit = forger.commit(hostile.make(forger));
    must(open_repository(path).create_tag("hostile", commit, Overwrite::kRefuse));
    EXPECT_FALSE(must(open_repository(path).fsck()).faults.empty());
  }
}

TEST_F(HostileTrees, ALinkOfTheUsersOwnIsNeverFollowed) {
  write_file(copy() + "/sub/dir/file", "versioned");
  commit_all(copy(), "with a directory");
  make_dirs(temp_ / "outside/dir");
  write_file(temp_ / "outside/dir/file", "precious");
  std::string before = tree_text(temp_ / "outside");
  switch_in_place(copy(), "@~1");
  make_symlink(temp_ / "outside", copy() + "/sub");
  expect_error(open_repository(copy()).switch_to("main", {}), ErrorCode::kConflict, "sub");
  expect_same(tree_text(temp_ / "outside"), before);
  CheckoutOptions options;
  options.overwrite = Overwrite::kForce;
  switch_in_place(copy(), "main", options);
  expect_same(tree_text(temp_ / "outside"), before);
  EXPECT_EQ(read_file(copy() + "/sub/dir/file"), "versioned");

  remove_path(copy() + "/sub/dir");
  make_symlink(temp_ / "outside/dir", copy() + "/sub/dir");
  RestoreOptions restore;
  restore.paths = {"sub/dir/file"};
  (void)open_repository(copy()).restore(restore);
  expect_same(tree_text(temp_ / "outside"), before);
  switch_in_place(copy(), "@~1", options);
  expect_same(tree_text(temp_ / "outside"), before);
}

}  // namespace cowstore::test
