#include "changes/failures.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cowstore::changes {

namespace {

constexpr std::size_t kMostNamed = 10;

std::string name_all(const std::vector<Error>& errors) {
  std::string text;
  for (std::size_t i = 0; i < std::min(errors.size(), kMostNamed); ++i) {
    if (i > 0) text += "; ";
    text += errors[i].message();
  }
  if (errors.size() > kMostNamed) text += "; and " + std::to_string(errors.size() - kMostNamed) + " more";
  return text;
}

}  // namespace

void Failures::add(Error error) {
  std::lock_guard lock(mutex_);
  errors_.push_back(std::move(error));
}

Result<void> Failures::result() const {
  std::lock_guard lock(mutex_);
  if (errors_.empty()) return {};
  std::vector<Error> sorted = errors_;
  std::sort(sorted.begin(), sorted.end(), [](const Error& a, const Error& b) { return a.path < b.path; });
  Error first = sorted.front();
  first.code = ErrorCode::kIo;
  if (sorted.size() == 1) return first;
  return Error{ErrorCode::kIo, 0, "read the working copy", "", name_all(sorted), "make them readable, or ignore them"};
}

}  // namespace cowstore::changes
