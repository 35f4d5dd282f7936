// What --help prints.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.hpp"

namespace cowstore::cli {

/// The page of one verb.
std::string help_of(const VerbInfo& info, const std::vector<HelpItem>& arguments, const std::vector<HelpItem>& options,
                    const std::vector<HelpItem>& everywhere);

/// All verbs by group, with the options that every one takes.
std::string overview(const std::vector<VerbGroup>& groups, const std::vector<HelpItem>& everywhere);

}  // namespace cowstore::cli
