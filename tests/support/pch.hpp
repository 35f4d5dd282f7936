// Precompiled for every test binary.
#pragma once

#include <gtest/gtest.h>

#include "base/pch.hpp"
