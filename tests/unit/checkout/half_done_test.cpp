#include "checkout/half_done.hpp"

#include <gtest/gtest.h>

namespace cowstore::checkout {
namespace {

using object::Attributes;

Attributes made_of(std::uint32_t uid, std::uint16_t mode, std::vector<object::ExtendedAttribute> xattrs = {}) {
  Attributes attributes;
  attributes.owner = object::Owner{uid, uid};
  attributes.mode = mode;
  attributes.xattrs = std::move(xattrs);
  return attributes;
}

const Attributes kFrom = made_of(1, 04755, {{"security.capability", "c"}, {"user.a", "1"}, {"user.gone", "x"}});
const Attributes kTo = made_of(2, 0640, {{"user.a", "2"}, {"user.new", "y"}});

TEST(HalfDone, EachStepOnTheWayIs) {
  EXPECT_TRUE(is_half_done(kFrom, kFrom, kTo));
  EXPECT_TRUE(is_half_done(made_of(2, 0755, {{"user.a", "1"}, {"user.gone", "x"}}), kFrom, kTo));
  EXPECT_TRUE(is_half_done(made_of(2, 0755, {{"user.a", "2"}, {"user.gone", "x"}, {"user.new", "y"}}), kFrom, kTo));
  EXPECT_TRUE(is_half_done(made_of(2, 0755, {{"user.a", "2"}, {"user.new", "y"}}), kFrom, kTo));
  EXPECT_TRUE(is_half_done(kTo, kFrom, kTo));
}

TEST(HalfDone, WhatNeitherVersionHasIsSomebodysWork) {
  EXPECT_FALSE(is_half_done(made_of(3, 0640), kFrom, kTo));
  EXPECT_FALSE(is_half_done(made_of(2, 0641, {{"user.a", "2"}, {"user.new", "y"}}), kFrom, kTo));
  EXPECT_FALSE(is_half_done(made_of(2, 0640, {{"user.a", "3"}, {"user.new", "y"}}), kFrom, kTo));
  EXPECT_FALSE(is_half_done(made_of(2, 0640, {{"user.new", "y"}}), kFrom, kTo));
  EXPECT_FALSE(is_half_done(made_of(2, 0640, {{"user.a", "2"}, {"user.mine", "z"}, {"user.new", "y"}}), kFrom, kTo));
}

TEST(HalfDone, NothingIsWhereOwnersAreNotRecorded) {
  Attributes times;
  times.mode = 0644;
  EXPECT_FALSE(is_half_done(times, times, times));
}

}  // namespace
}  // namespace cowstore::checkout
