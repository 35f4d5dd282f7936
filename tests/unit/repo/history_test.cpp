#include "repo/history.hpp"

#include "repo_bed.hpp"

namespace cowstore::repo {
namespace {

class History : public RepoBed {
 protected:
  Names messages(const LogOptions& options = {}) {
    Names found;
    auto done = repository->log(options, [&](const CommitInfo& info) -> Result<bool> {
      found.push_back(info.message);
      return true;
    });
    EXPECT_TRUE(done.ok()) << done.error().message();
    return found;
  }
  Names changes(const std::optional<std::string>& before, const std::optional<std::string>& after) {
    Names found;
    auto done = repository->diff(before, after, [&](const EntryChange& change) -> Result<void> {
      found.push_back(change.path + (change.content_changed ? "" : " (same content)"));
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().message();
    return found;
  }
};

TEST_F(History, OfAnEmptyRepositoryIsEmpty) {
  EXPECT_EQ(messages(), Names{});
  EXPECT_EQ(changes({}, {}), Names{});
}

TEST_F(History, ComesNewestFirstUpToItsLimit) {
  for (const char* message : {"one", "two", "three"}) {
    have("a", message);
    commit(message);
  }
  EXPECT_EQ(messages(), (Names{"three", "two", "one"}));
  EXPECT_EQ(messages({"@", 2}), (Names{"three", "two"}));
  EXPECT_EQ(messages({"@~1", 0}), (Names{"two", "one"}));
}

TEST_F(History, ComesFromChildToParentWhateverTheClockSays) {
  std::int64_t second = 1'700'000'000;
  context.now = [&] { return Timestamp{second -= 10, 0}; };
  reopen();
  for (const char* message : {"one", "two", "three"}) {
    have("a", message);
    commit(message);
  }
  EXPECT_EQ(messages(), (Names{"three", "two", "one"}));
}

TEST_F(History, EndsWhenTheSinkHasEnough) {
  have("a", "1");
  commit("one");
  have("a", "2");
  commit("two");
  int seen = 0;
  ASSERT_TRUE(repository->log({}, [&](const CommitInfo&) -> Result<bool> { return ++seen < 1; }).ok());
  EXPECT_EQ(seen, 1);
}

TEST_F(History, TellsContentFromPermissions) {
  have("a", "1");
  have("b", "1");
  commit("one");
  have("a", "2");
  test::set_mode(wc("b"), 0600);
  EXPECT_EQ(changes({}, {}), (Names{"a", "b (same content)"}));
  commit("two");
  EXPECT_EQ(changes("@~1", "@"), (Names{"a", "b (same content)"}));
  EXPECT_EQ(changes("@", "@~1"), (Names{"a", "b (same content)"}));
  EXPECT_EQ(changes({}, {}), Names{});
}

TEST_F(History, ShowsContentsOfAnyVersionAndOfNoOtherThing) {
  have("d/a", "");
  std::string sparse(300'001, '\0');
  sparse.back() = 'x';
  have("d/b", sparse);
  test::make_symlink("d/b", wc("l"));
  commit();
  EXPECT_EQ(cat("@:d/a"), "");
  EXPECT_EQ(cat("@:d/b"), sparse);
  EXPECT_EQ(cat("@:l"), "d/b");
  EXPECT_EQ(cat("@:./d/b/"), sparse);
  for (const char* bad : {"@", "@:", "@:d", "@:absent", "@:d/a/x", "@:../x", "none:d/a", "@:d//a"})
    EXPECT_TRUE(cat(bad).starts_with("error: ")) << bad;
}

TEST_F(History, ListsVersions) {
  have("d/e/f", "1");
  have("a", "22");
  test::set_mode(wc("a"), 0600);
  commit();
  auto list = [&](const std::string& what, Recursion recursion) {
    Names paths;
    auto done = repository->list(what, recursion, [&](const EntryInfo& info) -> Result<void> {
      paths.push_back(info.path);
      if (info.path == "a") {
        EXPECT_EQ(info.mode, 0600);
        EXPECT_EQ(info.size, 2u);
      }
      return {};
    });
    EXPECT_TRUE(done.ok());
    return paths;
  };
  EXPECT_EQ(list("@", Recursion::kFlat), (Names{"a", "d"}));
  EXPECT_EQ(list("@", Recursion::kRecursive), (Names{"a", "d", "d/e", "d/e/f"}));
  EXPECT_EQ(list("@:d", Recursion::kFlat), Names{"d/e"});
  EXPECT_EQ(list("@:a", Recursion::kFlat), Names{"a"});
}

}  // namespace
}  // namespace cowstore::repo
