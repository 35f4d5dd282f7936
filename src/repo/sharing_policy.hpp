// What the options of a checkout let the copy ladder do: for switches in place and for new working copies alike.
#pragma once

#include <string>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "cowstore/sharing.hpp"
#include "repo/session.hpp"
#include "share/ladder.hpp"
#include "sys/dir.hpp"

namespace cowstore::repo {

share::Policy policy_of(const CheckoutOptions& options);

/// Whether files of the store can be cloned into `target`, found out by a probe. In a store that can't be written
/// nothing can be probed: then it is taken for true, and the first file will tell.
Result<bool> can_clone_to(const Session& session, const sys::Dir& target);

/// For those who allow nothing but clones: kUnsupported if a probe in `target` shows that nothing of the store can be
/// cloned there; kUsage if they ask for copies at the same time. `place` is what messages call the target. To be
/// called before anything is touched.
Result<void> require_clones(const Session& session, const sys::Dir& target, const std::string& place,
                            const CheckoutOptions& options);

/// kUnsupported, with the reason, if no file of the store can be linked into `target`: for those who asked for links,
/// to be called before anything is made.
Result<void> require_links(const Session& session, const sys::Dir& target, const std::string& place);
/// Where `auto` has copied files into `target` that links would have shared, the report says so.
void advise_links(const Session& session, const sys::Dir& target, SharingReport& report);

/// kUsage for links in a directory that is in use: what a switch makes there gets the current time, and links have one
/// time.
Result<void> refuse_links_in_place(const CheckoutOptions& options);

/// What was used in the end, as reports and the view name it: "reflink", "hardlink", "copy", or "none" where no file
/// was made.
std::string method_of(const SharingReport& sharing);

}  // namespace cowstore::repo
