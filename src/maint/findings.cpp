#include "maint/findings.hpp"

#include <utility>

namespace cowstore::maint {

void Findings::fault(Fault fault) {
  std::lock_guard lock(mutex_);
  std::string key = fault.object + "\n" + fault.container + "\n" + std::to_string(fault.offset) + "\n" + fault.path +
                    "\n" + fault.message;
  if (seen_.insert(std::move(key)).second) report_.faults.push_back(std::move(fault));
}

void Findings::fault(const Error& error, const std::string& container) {
  Fault found;
  found.container = container.empty() ? error.path : container;
  found.message = error.message();
  fault(std::move(found));
}

void Findings::note(std::string text) {
  std::lock_guard lock(mutex_);
  report_.notes.push_back(std::move(text));
}

void Findings::count(std::uint64_t bytes, std::uint64_t chunks, std::uint64_t files) {
  std::lock_guard lock(mutex_);
  report_.bytes_checked += bytes;
  report_.chunks += chunks;
  report_.files += files;
}

void Findings::bad(const Digest& id) {
  std::lock_guard lock(mutex_);
  bad_.insert(id);
}

bool Findings::is_bad(const Digest& id) {
  std::lock_guard lock(mutex_);
  return bad_.contains(id);
}

}  // namespace cowstore::maint
