#include "cowstore/context.hpp"

#include "sys/system.hpp"

namespace cowstore {

Context system_context() {
  Context context;
  context.user = sys::user_name();
  context.author = context.user + "@" + sys::host_name();
  context.now = sys::now;
  context.utc_offset_minutes = sys::utc_offset_minutes;
  return context;
}

}  // namespace cowstore
