// COWSTORE_TRY(expression): the value of a Result, or a return of its error from the enclosing function.
//
//   Fd fd = COWSTORE_TRY(dir.open_file(name, sys::Access::kRead));
//
// A statement expression (g++ and clang have it); `__extension__` keeps -Wpedantic quiet.
#pragma once

#include "cowstore/result.hpp"

#define COWSTORE_TRY(...)                            \
  __extension__({                                    \
    auto cowstore_try_result = (__VA_ARGS__);        \
    if (!cowstore_try_result) [[unlikely]]           \
      return std::move(cowstore_try_result).error(); \
    std::move(cowstore_try_result).value();          \
  })
