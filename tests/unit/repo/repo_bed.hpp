// A repository in a directory of its own, with a fixed clock and identity.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cowstore/repository.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::repo {

class RepoBed : public testing::Test {
 protected:
  RepoBed() {
    context.author = "A U Thor <author@example.org>";
    context.user = "author";
    context.command_line = "cowstore test";
    context.now = [this] { return Timestamp{1'700'000'000 + ticks_++, 0}; };
    context.utc_offset_minutes = [](Timestamp) { return 60; };
    context.threads = 2;
    context.notice = [this](const std::string& text) { notices.push_back(text); };
    InitOptions options;
    auto made = Repository::init(temp / "wc", options, context);
    EXPECT_TRUE(made.ok()) << made.error().message();
    reopen();
  }

  void reopen() {
    auto opened = Repository::open(temp / "wc", context);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    repository = std::make_unique<Repository>(std::move(*opened));
  }

  std::string wc(const std::string& path) const { return temp / ("wc/" + path); }
  void have(const std::string& path, const std::string& content) { test::write_file(wc(path), content); }
  std::string read(const std::string& path) const { return test::read_file(wc(path)); }
  bool exists(const std::string& path) const { return test::exists(wc(path)); }

  CommitId commit(const std::string& message = "a commit") {
    CommitOptions options;
    options.message = message;
    auto report = repository->commit(options);
    EXPECT_TRUE(report.ok()) << report.error().message();
    return report.ok() ? report->commit : CommitId{};
  }
  Result<CheckoutReport> try_checkout(const std::string& revision, Overwrite overwrite = Overwrite::kRefuse) {
    CheckoutOptions options;
    options.overwrite = overwrite;
    return repository->switch_to(revision, options);
  }
  CheckoutReport checkout(const std::string& revision, Overwrite overwrite = Overwrite::kRefuse) {
    auto report = try_checkout(revision, overwrite);
    EXPECT_TRUE(report.ok()) << report.error().message();
    return report.ok() ? *report : CheckoutReport{};
  }
  void undo(Overwrite overwrite = Overwrite::kRefuse) {
    auto undone = repository->undo(overwrite);
    EXPECT_TRUE(undone.ok()) << undone.error().message();
  }
  /// "A path", "M path", "D path".
  std::vector<std::string> status() {
    auto found = repository->status({});
    EXPECT_TRUE(found.ok()) << found.error().message();
    std::vector<std::string> lines;
    if (!found) return lines;
    for (const std::string& path : found->added) lines.push_back("A " + path);
    for (const std::string& path : found->modified) lines.push_back("M " + path);
    for (const std::string& path : found->deleted) lines.push_back("D " + path);
    return lines;
  }
  std::string cat(const std::string& revision_path) {
    std::string content;
    auto done = repository->cat(revision_path, [&](const std::uint8_t* bytes, std::size_t size) -> Result<void> {
      content.append(reinterpret_cast<const char*>(bytes), size);
      return {};
    });
    return done ? content : "error: " + done.error().message();
  }

  using Names = std::vector<std::string>;
  test::TempDir temp;
  Context context;
  std::vector<std::string> notices;
  std::unique_ptr<Repository> repository;

 private:
  std::int64_t ticks_ = 0;
};

}  // namespace cowstore::repo
