#include "maint/variants.hpp"

#include <atomic>

#include "base/try.hpp"
#include "content/content_hasher.hpp"
#include "store/variants.hpp"
#include "sys/file.hpp"

namespace cowstore::maint {

namespace {

class VariantCheck {
 public:
  VariantCheck(store::Store& store, const store::Variant& variant, Findings& findings, Progress* progress)
      : store_(store),
        variant_(variant),
        findings_(findings),
        progress_(progress),
        path_(store::variant_path(variant)) {}

  /// Whether working copies may be given it.
  Result<bool> run() {
    sys::Fd file = COWSTORE_TRY(store_.dir().open_read(path_));
    const sys::Stat stat = COWSTORE_TRY(sys::stat(file, path_));
    auto advance = [this](const ChunkId&, std::uint64_t, ByteView bytes) -> Result<void> {
      if (progress_ != nullptr) progress_->advance(0, bytes.size());
      return {};
    };
    content::NoNodes nodes;
    const chunk::CutRule& rule = chunk::rule_of(store_.config().chunking);
    const auto found = COWSTORE_TRY(content::hash_content(file, stat.size, rule, nodes, advance, path_));
    findings_.count(found.size, 0, 0);
    if (found.id != variant_.key.content) {
      findings_.fault(Fault{variant_.key.content.hex(), path_, 0, "",
                            "somebody wrote through a hard link: expected " + variant_.key.content.hex() + ", found " +
                                found.id.hex() +
                                "; every working copy that links it has that content. `touch` it: they show it "
                                "as modified then, `restore` brings back what it was, and nobody links it again"});
      return false;
    }
    return has_its_attributes(stat, found.size);
  }

 private:
  Result<bool> has_its_attributes(const sys::Stat& stat, std::uint64_t size) {
    bool as_named = store::is_as_named(stat, variant_.key, size);
    if (as_named && store_.config().attributes == store::AttributesPolicy::kFull)
      as_named = COWSTORE_TRY(store::has_xattrs_of(variant_.key, store_.dir(), path_));
    if (!as_named)
      findings_.note(
          path_ +
          ": permissions, time, owner or extended attributes were changed through a hard link: another will be made");
    else if (stat.inode != variant_.inode)
      findings_.note(path_ + ": its inode is not as recorded (copied): it is read once more before it is linked");
    return as_named;
  }

  store::Store& store_;
  const store::Variant& variant_;
  Findings& findings_;
  Progress* progress_;
  std::string path_;
};

void check_one(store::Store& store, const store::Variant& variant, Findings& findings, Progress* progress,
               std::atomic<std::uint64_t>& right) {
  auto checked = VariantCheck(store, variant, findings, progress).run();
  if (checked && *checked) ++right;
  const bool removed_meanwhile = !checked && checked.error().code == ErrorCode::kNotFound;
  if (!checked && !removed_meanwhile) findings.fault(checked.error(), store::variant_path(variant));
}

}  // namespace

Result<void> check_variants(store::Store& store, base::ThreadPool& pool, Progress* progress, Findings& findings,
                            FsckReport& report) {
  const store::VariantListing listing = COWSTORE_TRY(store::list_variants(store.dir()));
  for (const std::string& path : listing.foreign) findings.note(path + ": nothing that a store has");
  for (const std::string& path : listing.aside)
    findings.note(path + ": was written to through a hard link, and isn't linked any more");
  std::atomic<std::uint64_t> right{0};
  base::TaskGroup group(pool);
  for (const store::Variant& variant : listing.variants) {
    group.add_bounded([&store, &variant, &findings, progress, &right]() -> Result<void> {
      check_one(store, variant, findings, progress, right);
      return {};
    });
  }
  COWSTORE_TRY(group.wait());
  report.variants = right;
  return {};
}

}  // namespace cowstore::maint
