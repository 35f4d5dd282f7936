#include "provider/file_maker.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>

#include "store_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/clone.hpp"
#include "sys/extents.hpp"

namespace cowstore::provider {
namespace {

using object::EntryKind;

object::TreeEntry file_of(const object::FileRef& content, EntryKind kind = EntryKind::kFile) {
  object::TreeEntry entry;
  entry.name = "f";
  entry.kind = kind;
  entry.file = content;
  return entry;
}

object::Attributes recorded(std::optional<std::uint16_t> mode, std::optional<Timestamp> mtime = {}) {
  object::Attributes attributes;
  attributes.mode = mode;
  attributes.mtime = mtime;
  return attributes;
}

/// The process's umask while it lives.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  ~Umask() { ::umask(old_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t old_;
};

/// Lets another observer act, then fails the calls of one kind.
class FailAfter : public sys::Observer {
 public:
  FailAfter(sys::Observer& first, sys::Call call, int error) : first_(first), call_(call), error_(error) {}
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override {
    const int failed = first_.before(call, bytes, name);
    return call == call_ ? error_ : failed;
  }

 private:
  sys::Observer& first_;
  sys::Call call_;
  int error_;
};

class MakerTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    temp_ = GetParam() == "tmp" ? std::make_unique<test::TempDir>() : test::temp_dir_on(GetParam());
    if (!temp_) return;
    bed_ = std::make_unique<test::StoreBed>(*temp_);
    test::make_dirs(*temp_ / "out");
    out_ = std::move(sys::Dir::open(*temp_ / "out")).value();
  }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] bool has_clones() const { return GetParam() == "btrfs" || GetParam() == "xfs"; }

  Result<sys::Stat> try_make(const object::TreeEntry& entry, const object::Attributes& attributes,
                             Verification verification = Verification::kTrust, Times times = Times::kRecorded) {
    FileMaker maker(*bed_->store, ladder_, verification, times);
    return maker.make(out_, entry.name, entry, attributes);
  }
  sys::Stat make(const object::TreeEntry& entry, const object::Attributes& attributes = {}) {
    auto stat = try_make(entry, attributes);
    EXPECT_TRUE(stat.ok()) << stat.error().message();
    if (!stat) return {};
    // What it gives is what the file system says.
    auto now = out_.stat(entry.name);
    EXPECT_EQ(stat->inode, now->inode);
    EXPECT_EQ(stat->mode, now->mode);
    EXPECT_EQ(stat->mtime, now->mtime);
    EXPECT_EQ(stat->ctime, now->ctime);
    return *stat;
  }
  std::string made() const { return test::read_file(*temp_ / "out/f"); }
  void remove() { test::remove_path(*temp_ / "out/f"); }

  std::unique_ptr<test::TempDir> temp_;
  std::unique_ptr<test::StoreBed> bed_;
  sys::Dir out_;
  share::Ladder ladder_{share::Policy::kAuto};
};
INSTANTIATE_TEST_SUITE_P(On, MakerTest, testing::Values("tmp", "ext4", "btrfs", "xfs"), test::filesystem_param_name);

TEST_P(MakerTest, GivesContentsOfEverySizeBack) {
  if (skipped()) return;
  for (std::size_t size : {0, 1, 4095, 4096, 4097, 65536, 300'000, 3'000'001}) {
    std::string content = test::random_bytes(size, size + 1);
    for (auto add : {&test::StoreBed::add_packed, &test::StoreBed::add_loose}) {
      if (size == 0 && add == &test::StoreBed::add_loose) continue;
      make(file_of(((*bed_).*add)(content)));
      EXPECT_EQ(made(), content) << size;
      remove();
    }
  }
}

TEST_P(MakerTest, ClonesALooseFileWhereTheFileSystemCan) {
  if (skipped()) return;
  std::string content = test::random_bytes(1 << 20, 7);
  object::FileRef file = bed_->add_loose(content);
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    make(file_of(file));
  }
  EXPECT_EQ(made(), content);
  EXPECT_EQ(ladder_.report().cloned, has_clones() ? 1u : 0u);
  EXPECT_EQ(ladder_.report().copied, has_clones() ? 0u : 1u);
  if (!has_clones()) return;
  EXPECT_EQ(calls.bytes_read() + calls.bytes_written(), 0u);
  std::string loose = bed_->loose_path(file).substr(temp_->path().size() + 1);
  auto original = sys::extent_map(*temp_->open().open_read(loose), 100, "loose");
  auto clone = sys::extent_map(*out_.open_read("f"), 100, "clone");
  ASSERT_TRUE(original.ok() && clone.ok());
  EXPECT_TRUE(sys::same_blocks(*original, *clone));
}

TEST_P(MakerTest, LeavesHolesWhereBlocksAreZero) {
  if (skipped()) return;
  std::string content(8 << 20, '\0');
  content.replace(1 << 20, 5, "hello");
  content.replace(5'000'000, 3, "abc");
  make(file_of(bed_->add_packed(content)));
  EXPECT_EQ(made(), content);
  EXPECT_LE(out_.stat("f")->blocks * 512, 256u << 10);
  remove();
  std::string all_zero(20 << 20, '\0');
  sys::Stat stat = make(file_of(bed_->add_packed(all_zero)));
  EXPECT_EQ(stat.size, all_zero.size());
  EXPECT_LE(stat.blocks, 8u);
}

TEST_P(MakerTest, LeavesPermissionsToTheUmaskWhereNoneAreRecorded) {
  if (skipped()) return;
  for (mode_t mask : {0000, 0022, 0027, 0077}) {
    Umask current(mask);
    EXPECT_EQ(make(file_of(bed_->add_packed("x"))).mode, 0666 & ~mask);
    remove();
    EXPECT_EQ(make(file_of(bed_->add_packed("x"), EntryKind::kExecutable)).mode, 0777 & ~mask);
    remove();
  }
}

TEST_P(MakerTest, GivesRecordedPermissionsWhateverTheUmask) {
  if (skipped()) return;
  object::FileRef packed = bed_->add_packed("x"), loose = bed_->add_loose(test::random_bytes(100'000, 1));
  for (mode_t mask : {0000, 0077, 0777}) {
    Umask current(mask);
    for (int each : {0000, 0444, 0600, 0644, 0755, 0777, 01644, 02755, 04755, 06711, 07777}) {
      auto mode = static_cast<std::uint16_t>(each);
      for (const object::FileRef& file : {packed, loose}) {
        EXPECT_EQ(make(file_of(file), recorded(mode)).mode, mode);
        remove();
      }
    }
  }
}

TEST_P(MakerTest, GivesRecordedTimesToTheNanosecond) {
  if (skipped()) return;
  object::FileRef packed = bed_->add_packed("x"), loose = bed_->add_loose(test::random_bytes(100'000, 1));
  for (Timestamp mtime : {Timestamp{0, 0}, Timestamp{1, 1}, Timestamp{1'700'000'000, 999'999'999}}) {
    for (const object::FileRef& file : {packed, loose}) {
      EXPECT_EQ(make(file_of(file), recorded(04755, mtime)).mtime, mtime);
      remove();
    }
  }
}

TEST_P(MakerTest, GivesTheClocksTimeOnRequest) {
  if (skipped()) return;
  Timestamp old{1, 1};
  auto stat = try_make(file_of(bed_->add_packed("x")), recorded(0644, old), Verification::kTrust, Times::kCurrent);
  ASSERT_TRUE(stat.ok());
  EXPECT_GT(stat->mtime.seconds, 1'000'000);
}

TEST_P(MakerTest, MakesLinksWithTheirOwnTime) {
  if (skipped()) return;
  object::TreeEntry link;
  link.name = "f";
  link.kind = EntryKind::kSymlink;
  for (const std::string& target : {std::string("a"), std::string("../\xff/absent"), std::string(1000, 'x')}) {
    link.target = target;
    sys::Stat stat = make(link, recorded({}, Timestamp{5, 6}));
    EXPECT_EQ(stat.kind, sys::FileKind::kSymlink);
    EXPECT_EQ(stat.mtime, (Timestamp{5, 6}));
    EXPECT_EQ(*out_.read_link("f"), target);
    remove();
  }
}

TEST_P(MakerTest, RefusesANameThatIsTaken) {
  if (skipped()) return;
  test::write_file(*temp_ / "out/f", "mine");
  auto stat = try_make(file_of(bed_->add_packed("x")), {});
  ASSERT_FALSE(stat.ok());
  EXPECT_EQ(stat.error().sys_errno, EEXIST);
  EXPECT_EQ(made(), "mine");
}

TEST_P(MakerTest, IsNeverMoreOpenThanRecordedWhileItIsFilled) {
  if (skipped()) return;
  Umask current(0);
  object::FileRef file = bed_->add_packed(test::random_bytes(10'000, 3));
  unsigned seen = 07777;
  test::ActBefore look(sys::Call::kWrite, "f", [&] { seen = out_.stat("f")->mode; });
  {
    test::ScopedObserver watching(look);
    make(file_of(file), recorded(0400));
  }
  ASSERT_TRUE(look.fired());
  EXPECT_EQ(seen & ~0400u, 0u);
}

/// Alters one byte of the loose file, and puts its times back.
void alter_unnoticed(const std::string& path, std::uint64_t offset) {
  Timestamp mtime = test::mtime_of(path);
  char byte = test::read_file(path)[offset];
  test::set_mode(path, 0644);
  test::overwrite_file(path, std::string(1, static_cast<char>(byte ^ 1)), offset);
  test::set_mode(path, 0444);
  test::set_mtime(path, mtime);
}

TEST_P(MakerTest, VerifiedNeverMakesAFileOfAlteredBytes) {
  if (skipped()) return;
  std::string content = test::random_bytes(1 << 20, 9);
  object::FileRef file = bed_->add_loose(content);
  ASSERT_TRUE(try_make(file_of(file), {}, Verification::kVerify).ok());
  remove();
  alter_unnoticed(bed_->loose_path(file), 700'000);
  bed_->reopen();
  auto stat = try_make(file_of(file), {}, Verification::kVerify);
  ASSERT_FALSE(stat.ok());
  EXPECT_EQ(stat.error().code, ErrorCode::kCorrupt);
}

TEST_P(MakerTest, VerifiesTheLooseFileItselfWhereItsChunksAreInAPackToo) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(1 << 20, 9);
  bed_->add_packed(content);
  object::FileRef file = bed_->add_loose(content);
  alter_unnoticed(bed_->loose_path(file), 700'000);
  bed_->reopen();
  auto stat = try_make(file_of(file), {}, Verification::kVerify);
  ASSERT_FALSE(stat.ok()) << "made " << (made() == content ? "the right content" : "altered content");
  EXPECT_EQ(stat.error().code, ErrorCode::kCorrupt);
}

TEST_P(MakerTest, ReadsWhatSomebodyTouchedOnceAndThenClonesIt) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(1 << 20, 9);
  object::FileRef file = bed_->add_loose(content);
  test::set_mtime(bed_->loose_path(file), Timestamp{1, 1});
  bed_->reopen();
  auto bytes_read = [&] {
    test::CountCalls calls;
    test::ScopedObserver watching(calls);
    make(file_of(file));
    return calls.bytes_read();
  };
  EXPECT_GE(bytes_read(), content.size());
  EXPECT_EQ(made(), content);
  remove();
  EXPECT_EQ(bytes_read(), 0u);
  EXPECT_EQ(made(), content);
  EXPECT_EQ(ladder_.report().cloned, 2u);
}

TEST_P(MakerTest, WritesFromElsewhereWhatSomebodyEdited) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(1 << 20, 9);
  bed_->add_packed(content);
  object::FileRef file = bed_->add_loose(content);
  test::set_mode(bed_->loose_path(file), 0644);
  test::overwrite_file(bed_->loose_path(file), "edited", 1000);
  bed_->reopen();
  make(file_of(file));
  EXPECT_EQ(made(), content);
  EXPECT_EQ(ladder_.report().copied, 1u);
}

TEST_P(MakerTest, FallsToACopyWhereAFileCantBeCloned) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(1 << 20, 9);
  object::FileRef file = bed_->add_loose(content);
  test::FailNth fault(1, ETXTBSY, {sys::Call::kClone});
  {
    test::ScopedObserver watching(fault);
    make(file_of(file));
  }
  EXPECT_EQ(made(), content);
  remove();
  make(file_of(file));
  EXPECT_EQ(ladder_.report().cloned, 1u);
  EXPECT_EQ(ladder_.report().copied, 1u);
}

TEST_P(MakerTest, GivesUpOnAFullDisk) {
  if (skipped() || !has_clones()) return;
  object::FileRef file = bed_->add_loose(test::random_bytes(1 << 20, 9));
  test::FailNth fault(1, ENOSPC, {sys::Call::kClone});
  test::ScopedObserver watching(fault);
  auto stat = try_make(file_of(file), {});
  ASSERT_FALSE(stat.ok());
  EXPECT_EQ(stat.error().code, ErrorCode::kNoSpace);
}

TEST_P(MakerTest, RefusesACopyWhereOnlyClonesAreAllowed) {
  if (skipped()) return;
  share::Ladder only(share::Policy::kCloneOnly);
  FileMaker strict(*bed_->store, only, Verification::kTrust, Times::kRecorded);
  object::TreeEntry large = file_of(bed_->add_packed(test::random_bytes(100'000, 2)));
  auto refused = strict.make(out_, "f", large, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  remove();
  EXPECT_TRUE(strict.make(out_, "f", file_of(bed_->add_packed("small")), {}).ok());
}

TEST_P(MakerTest, ReportsWhatTheStoreLacks) {
  if (skipped()) return;
  object::FileRef unknown = object::FileRef::single_chunk(ChunkId(hash::sha256(as_bytes("never stored"))), 12);
  auto stat = try_make(file_of(unknown), {});
  ASSERT_FALSE(stat.ok());
}

TEST_P(MakerTest, WhateverACloneFailsWithTheFileIsRight) {
  if (skipped() || !has_clones()) return;
  const std::string content = test::random_bytes(50'000, 4);
  const object::FileRef file = bed_->add_loose(content);
  for (int error : {EXDEV, EOPNOTSUPP, EINVAL, EPERM, EACCES, ETXTBSY, EAGAIN, EINTR, EMLINK}) {
    // What an interrupted clone leaves: more than there will be, and something else.
    test::ActBefore partly(sys::Call::kClone, "out/f",
                           [&] { test::write_file(*temp_ / "out/f", std::string(70'000, '?')); });
    share::Ladder ladder(share::Policy::kAuto);
    FileMaker maker(*bed_->store, ladder, Verification::kTrust, Times::kRecorded);
    {
      FailAfter fail(partly, sys::Call::kClone, error);
      test::ScopedObserver watching(fail);
      ASSERT_TRUE(maker.make(out_, "f", file_of(file), recorded(0644)).ok()) << error;
    }
    EXPECT_TRUE(made() == content) << error;
    EXPECT_EQ(ladder.report().copied, 1u) << error;
    EXPECT_FALSE(ladder.report().copy_reason.empty()) << error;
    remove();
  }
}

TEST(NocowDirectory, OnBtrfsItsFilesAreCopiedAndThoseBesideItCloned) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  test::StoreBed bed(*temp);
  const std::string content = test::random_bytes(50'000, 5);
  const object::FileRef file = bed.add_loose(content);
  test::make_dirs(*temp / "marked");
  test::make_dirs(*temp / "plain");
  sys::Dir marked = *temp->open().open_dir("marked");
  sys::Dir plain = *temp->open().open_dir("plain");
  ASSERT_TRUE(sys::set_nocow(*temp->open().open_read("marked"), "marked").ok());
  share::Ladder ladder(share::Policy::kAuto);
  FileMaker maker(*bed.store, ladder, Verification::kTrust, Times::kRecorded);
  ASSERT_TRUE(maker.make(marked, "f", file_of(file), recorded(0644)).ok());
  ASSERT_TRUE(maker.make(plain, "f", file_of(file), recorded(0644)).ok());
  EXPECT_TRUE(test::read_file(*temp / "marked/f") == content);
  EXPECT_EQ(ladder.report().copied, 1u);
  EXPECT_EQ(ladder.report().cloned, 1u);
  EXPECT_NE(ladder.report().copy_reason.find("NOCOW"), std::string::npos);
  share::Ladder only_clones(share::Policy::kCloneOnly);
  FileMaker strict(*bed.store, only_clones, Verification::kTrust, Times::kRecorded);
  auto refused = strict.make(marked, "g", file_of(file), recorded(0644));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace cowstore::provider
