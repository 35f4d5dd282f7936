// A working copy and a store beside it, for tests of what goes from one to the other.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "commit/ingester.hpp"
#include "commit/store_changes.hpp"
#include "commit/tree_writer.hpp"
#include "unit/changes/working_copy.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::commit {

class CommitBed : public testing::Test {
 protected:
  void begin() {
    transaction_ = std::move(bed_.store->begin()).value();
    ladder_ = std::make_unique<share::Ladder>(share::Policy::kAuto);
    ingester_ = std::make_unique<Ingester>(*transaction_, chunk::Profile::kDefault, *ladder_, nullptr);
  }
  Result<StoredChanges> try_store(changes::Scan& scan) {
    return store_unknown(scan, copy_.root(), *ingester_, copy_.pool, nullptr);
  }
  StoredChanges store(changes::Scan& scan) {
    auto stored = try_store(scan);
    EXPECT_TRUE(stored.ok()) << stored.error().message();
    return stored.ok() ? std::move(stored).value() : StoredChanges{};
  }
  object::TreeRoots write(changes::Scan& scan, const object::TreeRoots& base = {},
                          store::AttributesPolicy policy = store::AttributesPolicy::kTimes) {
    auto roots = write_trees(*bed_.store, *transaction_, policy, scan, scan.selection, base, copy_.root());
    EXPECT_TRUE(roots.ok()) << roots.error().message();
    return roots.ok() ? *roots : object::TreeRoots{};
  }
  void publish() { EXPECT_TRUE(transaction_->publish().ok()); }
  /// All of the working copy as it is, stored and published.
  object::TreeRoots commit_all() {
    begin();
    changes::Scan scan = copy_.scan();
    store(scan);
    object::TreeRoots roots = write(scan);
    publish();
    return roots;
  }
  changes::Scan scan_of(const std::vector<std::string>& paths) {
    changes::ScanOptions options;
    options.paths = *changes::PathSelection::of(paths);
    return copy_.scan(options);
  }
  void have(const std::string& path, const std::string& content) { test::write_file(copy_ / path, content); }

  test::TempDir wc_temp_, store_temp_;
  changes::WorkingCopy copy_{wc_temp_};
  test::StoreBed bed_{store_temp_};
  std::unique_ptr<store::Transaction> transaction_;
  std::unique_ptr<share::Ladder> ladder_;
  std::unique_ptr<Ingester> ingester_;
};

}  // namespace cowstore::commit
