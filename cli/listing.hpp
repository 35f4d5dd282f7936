// Results that come one by one, in any number: printed as they come, or gathered for one JSON object.
#pragma once

#include <string>
#include <vector>

#include "cli/json.hpp"
#include "cli/session.hpp"

namespace cowstore::cli {

class Listing {
 public:
  /// `key` names the list in the JSON object.
  Listing(Session& session, std::string key) : session_(session), key_(std::move(key)) {}

  /// Fails where standard output does.
  Result<void> add(const Session::Render& json, const Session::Render& text) {
    if (!session_.json()) return session_.write(text());
    list_.add(json());
    return {};
  }
  Result<ExitStatus> finish(const std::string& last_line = "") {
    return session_.answer([this] { return json_of_list(key_, list_); }, [&] { return last_line; });
  }

 private:
  Session& session_;
  std::string key_;
  JsonList list_;
};

}  // namespace cowstore::cli
