/// How an object of fixed kernels names its table: <kind>_<RUNNEL_KERNELS>.
#pragma once
#include "fixed_vector.hpp"

#define RUNNEL_TEXT_OF(x) #x
#define RUNNEL_TEXT(x) RUNNEL_TEXT_OF(x)
#define RUNNEL_NAME RUNNEL_TEXT(RUNNEL_KERNELS)
#define RUNNEL_JOIN_OF(a, b) a##_##b
#define RUNNEL_JOIN(a, b) RUNNEL_JOIN_OF(a, b)
#define RUNNEL_TABLE(kind) RUNNEL_JOIN(kind, RUNNEL_KERNELS)

namespace runnel {
namespace {

constexpr bool same(const char* a, const char* b) { return *a == *b && (!*a || same(a + 1, b + 1)); }
constexpr int lanes = same(RUNNEL_NAME, "scalar") ? 1 : native_lanes;

}  // namespace
}  // namespace runnel
