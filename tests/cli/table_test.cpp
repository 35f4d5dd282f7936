#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using cli::Align;
using cli::Table;

TEST(Table, LinesUpItsColumns) {
  Table table({Align::kLeft, Align::kRight, Align::kLeft});
  table.add({"NAME", "SIZE", "PATH"});
  table.add({"a", "1,000", "/x"});
  EXPECT_EQ(table.str(0), "NAME   SIZE  PATH\na     1,000  /x\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
  Table table({Align::kLeft, Align::kLeft});
  table.add({"größe", "x"});
  table.add({"sizes", "x"});
  EXPECT_EQ(table.str(0), "größe  x\nsizes  x\n");
}

TEST(Table, CutsTheFrontOfTheLastColumnWhereALineIsTooWide) {
  Table table({Align::kLeft, Align::kLeft});
  table.add({"aaaa", "/a/very/long/päth/that/ends"});
  EXPECT_EQ(table.str(24), "aaaa  …ng/päth/that/ends\n");
  EXPECT_EQ(table.str(1), "aaaa  …h/that/ends\n") << "but leaves some of it";
}

TEST(Table, LeavesNoSpacesAtTheEnd) {
  Table table({Align::kLeft, Align::kLeft});
  table.add({"wide", ""});
  EXPECT_EQ(table.str(0), "wide\n");
}

}  // namespace
}  // namespace cowstore::test
