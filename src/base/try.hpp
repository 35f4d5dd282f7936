// COWSTORE_TRY(expression): the value of a Result, or a return of its error from the enclosing function.
//
//   Fd fd = COWSTORE_TRY(dir.open_file(name, sys::Access::kRead));
//
// A statement expression (g++ and clang have it); `__extension__` keeps -Wpedantic quiet. Uses may be nested: each has
// a variable of its own name.
// Not inside of a braced initialiser behind other members: g++ 12 doesn't destroy those that are built already when the
// macro returns out of it.
#pragma once

#include "cowstore/result.hpp"

#define COWSTORE_TRY_JOIN_(a, b) a##b
#define COWSTORE_TRY_JOIN(a, b) COWSTORE_TRY_JOIN_(a, b)
#define COWSTORE_TRY_AS(result, ...)    \
  __extension__({                       \
    auto result = (__VA_ARGS__);        \
    if (!result) [[unlikely]]           \
      return std::move(result).error(); \
    std::move(result).value();          \
  })
#define COWSTORE_TRY(...) COWSTORE_TRY_AS(COWSTORE_TRY_JOIN(cowstore_try_, __COUNTER__), __VA_ARGS__)
