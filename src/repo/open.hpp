// Making repositories, and opening them.
#pragma once

#include <memory>
#include <string>

#include "cowstore/context.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<InitReport> init(const std::string& directory, const InitOptions& options, const Context& context);
/// Finishes what was interrupted in the working copy, if nobody holds its lock.
Result<std::unique_ptr<Session>> open(const std::string& directory, const Context& context);
/// See Repository::open_around().
Result<std::unique_ptr<Session>> open_around(const std::string& directory, const Context& context);
/// Of the working copy at exactly this path.
Result<std::unique_ptr<Session>> open_at(const std::string& path, const Context& context);

}  // namespace cowstore::repo
