// Commits: canonical JSON, so that equal commits have equal ids and a person can read one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// A point in time and the offset from UTC of the clock on the wall that showed it.
struct ZonedTime {
  Timestamp at;
  int utc_offset_minutes = 0;  ///< east of Greenwich is positive; between -23:59 and +23:59
  bool operator==(const ZonedTime&) const = default;
};

struct Commit {
  TreeId tree;
  std::optional<AttributesId> attributes;
  std::vector<CommitId> parents;  ///< in order, each once
  std::string author;             ///< UTF-8
  ZonedTime time;                 ///< local years 0000 to 9999
  std::string message;            ///< UTF-8
  chunk::Profile chunking = chunk::Profile::kDefault;
  std::string meta = "{}";  ///< a JSON object; decoded ones are canonical
  bool operator==(const Commit&) const = default;
};

/// `meta` is brought into canonical form. kUsage for text that isn't UTF-8, a time out of range, a parent named twice,
/// a `meta` that isn't a JSON object or is nested too deep, or a commit above kMaxCommitBytes.
Result<Bytes> encode_commit(const Commit& commit);
/// kCorrupt for anything that encode_commit() wouldn't have written, kUnsupported for a later format.
Result<Commit> decode_commit(ByteView encoding);

CommitId commit_id(ByteView encoding);
/// Encodes, writes, and gives the id.
Result<CommitId> put_commit(NodeSink& sink, const Commit& commit);
Result<Commit> read_commit(NodeSource& source, const CommitId& id);

/// "2026-11-22T15:16:49.123456789+01:00". Nothing if the local year is outside of 0000 to 9999, or a field out of
/// range.
std::optional<std::string> format_time(const ZonedTime& time);
/// Exactly that form, nothing else; "-00:00" isn't one.
std::optional<ZonedTime> parse_time(std::string_view text);

}  // namespace cowstore::object
