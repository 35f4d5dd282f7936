// The kinds of special files, as a version records them and as the system has them.
#pragma once

#include "object/attributes.hpp"
#include "sys/stat.hpp"

namespace cowstore::provider {

constexpr sys::FileKind file_kind(object::SpecialKind kind) {
  switch (kind) {
    case object::SpecialKind::kFifo:
      return sys::FileKind::kFifo;
    case object::SpecialKind::kSocket:
      return sys::FileKind::kSocket;
    case object::SpecialKind::kCharDevice:
      return sys::FileKind::kCharDevice;
    case object::SpecialKind::kBlockDevice:
      return sys::FileKind::kBlockDevice;
  }
  return sys::FileKind::kFifo;  // decoders refuse any other value
}

}  // namespace cowstore::provider
