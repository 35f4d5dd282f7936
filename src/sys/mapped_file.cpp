#include "sys/mapped_file.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

Result<MappedFile> MappedFile::map(const Fd& fd, std::string_view path) {
  Stat info = COWSTORE_TRY(stat(fd, path));
  MappedFile file;
  if (info.size == 0) return file;
  auto size = static_cast<std::size_t>(info.size);
  void* address = MAP_FAILED;
  int failed = detail::observed(Call::kMap, path, [&] {
    address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    return address == MAP_FAILED ? -1 : 0;
  });
  if (failed != 0) return system_error("map", path, errno);
  file.data_ = static_cast<const std::uint8_t*>(address);
  file.size_ = size;
  return file;
}

}  // namespace cowstore::sys
