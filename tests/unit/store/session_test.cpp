#include "store/session.hpp"

#include <cerrno>

#include "store_fixture.hpp"
#include "support/fault_observer.hpp"
#include "support/run_child.hpp"

namespace cowstore::store {
namespace {

class SessionTest : public StoreFixture {
 protected:
  sys::Dir store_dir() { return *temp_.open().open_dir("store"); }
  std::unique_ptr<Session> begin_session() {
    auto session = Session::begin(store_dir());
    EXPECT_OK(session);
    return session ? std::move(*session) : nullptr;
  }
};

TEST_F(SessionTest, RemovesItsDirectoryWhenItEnds) {
  {
    auto session = begin_session();
    ASSERT_OK(session->create("file"));
    EXPECT_EQ(names_in("tmp").size(), 1U);
  }
  EXPECT_TRUE(names_in("tmp").empty());
}

TEST_F(SessionTest, ThatCantBeginOnAFullDiskLeavesNothing) {
  for (auto call : {sys::Call::kMakeDir, sys::Call::kCreate}) {
    test::FailNth full(1, ENOSPC, {call}, test::Repeat::kFromThenOn);
    test::ScopedObserver watching(full);
    auto session = Session::begin(store_dir());
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::kNoSpace);
    EXPECT_TRUE(names_in("tmp").empty());
  }
}

TEST_F(SessionTest, BeginsWhereItsLockCantSayWhoHoldsIt) {
  test::FailNth full(1, ENOSPC, {sys::Call::kWrite}, test::Repeat::kFromThenOn);
  test::ScopedObserver watching(full);
  ASSERT_OK(Session::begin(store_dir()));
}

TEST_F(SessionTest, LeavesRunningOnesAlone) {
  auto first = begin_session();
  ASSERT_OK(first->create("file"));
  auto second = begin_session();
  EXPECT_EQ(names_in("tmp").size(), 2U);
  EXPECT_TRUE(first->dir().exists("file"));
  EXPECT_TRUE(stale_sessions(store_dir())->empty());
}

TEST_F(SessionTest, RemovesWhatACrashLeft) {
  auto ended = test::run_child([&] {
    auto session = Session::begin(store_dir());
    if (!session || !(*session)->create("file") || !(*session)->dir().make_dir("directory", 0755)) return 1;
    _exit(0);
  });
  ASSERT_EQ(ended.status, 0);
  ASSERT_EQ(names_in("tmp").size(), 1U);
  EXPECT_EQ(stale_sessions(store_dir())->size(), 1U);
  auto session = begin_session();
  EXPECT_EQ(names_in("tmp").size(), 1U);
  EXPECT_FALSE(session->dir().exists("file"));
}

TEST_F(SessionTest, RemovesDirectoriesThatLostTheirLock) {
  test::make_dirs(path("tmp/empty"));
  test::write_file(path("tmp/filled/file"), "x");
  auto session = begin_session();
  EXPECT_EQ(names_in("tmp").size(), 1U);
}

TEST_F(SessionTest, FilesAreReadOnlyForOthersFromTheStart) {
  auto session = begin_session();
  auto file = session->create("file");
  ASSERT_OK(file);
  EXPECT_EQ(sys::stat(*file, "file")->mode & 0222, 0);
  EXPECT_OK(sys::write_at(*file, as_bytes("still writable here"), 0, "file"));
}

TEST_F(SessionTest, BeginsWhoBeginAtTheSameTimeDoNotRemoveEachOther) {
  constexpr int kChildren = 4;
  std::vector<std::unique_ptr<test::Child>> children;
  for (int i = 0; i < kChildren; ++i) {
    children.push_back(std::make_unique<test::Child>([&] {
      for (int round = 0; round < 40; ++round) {
        auto session = Session::begin(store_dir());
        if (!session) return 1;
        if (!(*session)->create("file")) return 2;
        if (!(*session)->dir().exists("file") || !(*session)->dir().exists("lock")) return 3;
      }
      return 0;
    }));
  }
  for (auto& child : children) EXPECT_EQ(child->wait().status, 0);
  EXPECT_TRUE(names_in("tmp").empty());
}

}  // namespace
}  // namespace cowstore::store
