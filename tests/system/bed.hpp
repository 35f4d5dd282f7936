// The library as a program would use it: repositories opened with a fixed clock and identity. Whatever the bed itself
// needs and doesn't get is thrown as std::runtime_error, with which the test fails.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cowstore/repository.hpp"
#include "support/fault_observer.hpp"
#include "support/temp_dir.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {

/// A clock that ticks by a second whenever it is asked, UTC+1, an author; four threads.
Context test_context(const std::string& command = "test");

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}
void must(Result<void> result);

Repository make_repository(const std::string& path, const InitOptions& options = {});
Repository open_repository(const std::string& path);
/// What is done there is later than all that files say of this moment.
Repository open_in_the_future(const std::string& path);

/// Each opens the repository anew, as each run of the program does.
CommitReport commit_all(const std::string& path, const std::string& message);
Status status_of(const std::string& path);
CheckoutReport check_out(const std::string& path, const std::string& revision, const std::string& directory,
                         const CheckoutOptions& options = {});
CheckoutReport switch_in_place(const std::string& path, const std::string& revision,
                               const CheckoutOptions& options = {});
std::vector<EntryInfo> list_version(const std::string& path, const std::string& revision);
std::string cat(const std::string& path, const std::string& revision_path);

/// Nothing added, modified, deleted or damaged.
void expect_clean(const std::string& path);
/// fsck finds no fault, and nothing that a crash leaves behind.
void expect_sound(const std::string& path);
/// Two listings are the same; shows only the lines that aren't.
void expect_same(const std::string& listing, const std::string& expected, const std::string& what = "");
/// The operation failed in this way.
template <class T>
void expect_error(const Result<T>& result, ErrorCode code, const std::string& mentions = "") {
  if (result) {
    ADD_FAILURE() << "succeeded, instead of failing as " << to_string(code);
    return;
  }
  const Error& error = result.error();
  EXPECT_EQ(to_string(error.code), std::string(to_string(code))) << error.message();
  EXPECT_NE(error.message().find(mentions), std::string::npos) << error.message();
}

/// Names in a directory, sorted; what a failed command must not have changed.
std::vector<std::string> names_in(const std::string& directory);

}  // namespace cowstore::test
