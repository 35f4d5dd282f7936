// Makes files of a version as hard links to variants (store/variants.hpp), and the variants that are missing.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "provider/file_maker.hpp"
#include "share/ladder.hpp"
#include "store/store.hpp"
#include "store/variants.hpp"
#include "sys/dir.hpp"

namespace cowstore::provider {

/// A name that shares its inode with others.
struct LinkedFile {
  sys::Stat stat;
  index::Recorded recorded;  ///< the permissions that the version has, where the disk lacks the write bits
};

/// For one working copy, which gets at most one name of each inode. Thread-safe.
class VariantLinker {
 public:
  /// Borrows all. `ladder` is that of the files that aren't linked: it is told why.
  VariantLinker(store::Store& store, store::Variants& variants, share::Ladder& ladder, Verification verification);

  /// Makes `parent/name`, which must not exist, a link; nothing, and no such name, for what is to be a file of its own:
  /// what has no content, no recorded mode and time, setuid or setgid bits, capabilities or an ACL, several names, or
  /// can't be linked here. What the link led to has been looked at: size, permissions, time, owner and inode are as
  /// they were when the variant was made, or else its content was read and is right. With kVerify it is always read.
  Result<std::optional<LinkedFile>> link(const sys::Dir& parent, const std::string& name,
                                         const object::TreeEntry& entry, const object::Attributes& attributes);

  /// Another name for a file that somebody has as a link to a variant already, as long as that is what `seen` says.
  Result<std::optional<LinkedFile>> link_again(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                               const sys::Stat& seen);

  /// When all files are made, and before they are published: makes the new variants durable and lets others find them.
  Result<void> publish() { return variants_.publish(); }

  /// Adds what was done to the report of the files that weren't linked.
  [[nodiscard]] SharingReport add_to(SharingReport others) const;

 private:
  Result<std::optional<LinkedFile>> link_existing(const sys::Dir& parent, const std::string& name,
                                                  const object::TreeEntry& entry, const store::VariantKey& key);
  Result<std::optional<LinkedFile>> link_new(const sys::Dir& parent, const std::string& name,
                                             const object::TreeEntry& entry, const object::Attributes& attributes,
                                             const store::VariantKey& key);
  Result<bool> is_usable(const store::Variant& variant, const sys::Dir& parent, const std::string& name,
                         const sys::Stat& stat, const object::FileRef& content);
  Result<bool> is_reread(const store::Variant& variant, const sys::Dir& parent, const std::string& name,
                         const sys::Stat& stat, const object::FileRef& content);
  Result<share::AfterLinkFailure> judge(Error error);
  bool claim(std::uint64_t inode);
  void count(std::uint64_t bytes);

  store::Store& store_;
  store::Variants& variants_;
  share::Ladder& ladder_;
  share::Ladder making_{share::Policy::kAuto};  ///< of what has to be written to make variants
  FileMaker maker_;
  Verification verification_;
  bool records_xattrs_;
  std::uint32_t uid_;
  std::mutex mutex_;  ///< of the following
  std::unordered_set<std::uint64_t> claimed_;
  std::atomic<std::uint64_t> linked_{0}, bytes_linked_{0};
};

}  // namespace cowstore::provider
