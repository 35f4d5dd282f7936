#include "repo/sharing_policy.hpp"

#include "base/try.hpp"
#include "sys/clone.hpp"
#include "sys/error.hpp"
#include "sys/nodes.hpp"

namespace cowstore::repo {

namespace {

bool only_clones(const CheckoutOptions& options) {
  return options.method == CheckoutMethod::kReflink || options.cow == CowPolicy::kRequire;
}

}  // namespace

share::Policy policy_of(const CheckoutOptions& options) {
  if (options.method == CheckoutMethod::kCopy) return share::Policy::kCopyOnly;
  return only_clones(options) ? share::Policy::kCloneOnly : share::Policy::kAuto;
}

Result<bool> can_clone_to(const Session& session, const sys::Dir& target) {
  sys::Dir from = COWSTORE_TRY(session.store->dir().open_dir("tmp"));
  auto clones = sys::can_clone(from, target);
  if (!clones && sys::forbids_writing(clones.error().sys_errno)) return true;
  return clones;
}

Result<void> require_clones(const Session& session, const sys::Dir& target, const std::string& place,
                            const CheckoutOptions& options) {
  if (options.method == CheckoutMethod::kHardlink || !only_clones(options)) return {};
  if (options.method == CheckoutMethod::kCopy) {
    return Error{ErrorCode::kUsage, 0, "check out", "", "--method copy and --require-cow contradict each other", ""};
  }
  if (COWSTORE_TRY(can_clone_to(session, target))) return {};
  return Error{ErrorCode::kUnsupported,
               0,
               "share files with the store in",
               place,
               "no reflinks between it and " + session.store->dir().path(),
               "put both on one Btrfs or XFS file system, or allow copies (--method copy)"};
}

Result<void> require_links(const Session& session, const sys::Dir& target, const std::string& place) {
  sys::Dir from = COWSTORE_TRY(session.store->dir().open_dir("tmp"));
  auto refused = sys::why_no_links(from, target);
  // In a store that can't be written nothing can be probed: what it has may be linked all the same.
  if (!refused && sys::forbids_writing(refused.error().sys_errno)) return {};
  auto why = COWSTORE_TRY(std::move(refused));
  if (!why) return {};
  return Error{ErrorCode::kUnsupported,          *why,
               "link files of the store into",   place,
               share::link_failure_reason(*why), "leave out --method: files are then cloned or copied"};
}

void advise_links(const Session& session, const sys::Dir& target, SharingReport& report) {
  if (report.copied <= report.copied_small) return;
  auto from = session.store->dir().open_dir("tmp");
  auto why = from ? sys::why_no_links(*from, target) : Result<std::optional<int>>(from.error());
  if (!why || *why) return;
  if (report.copy_reason.empty()) report.copy_reason = "the store has nothing that could be cloned";
  report.copy_reason += "; --method hardlink would share them, as read-only files";
}

Result<void> refuse_links_in_place(const CheckoutOptions& options) {
  if (options.method != CheckoutMethod::kHardlink) return {};
  return Error{ErrorCode::kUsage,
               0,
               "check out",
               "",
               "hard links are for new working copies: what a switch replaces gets a time of its own",
               "leave out --method, or name a new directory"};
}

std::string method_of(const SharingReport& sharing) {
  if (sharing.bytes_linked > 0) return "hardlink";
  if (sharing.cloned > 0) return "reflink";
  return sharing.copied > 0 ? "copy" : "none";
}

}  // namespace cowstore::repo
