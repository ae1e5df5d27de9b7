/// Tests that need what this machine may lack.
#pragma once

namespace runnel::test {

/// Says that the test case at hand ends here without a verdict, and why. A program all of whose cases say so ends with
/// 77, which ctest shows as skipped; one of which only some do fails, because ctest could show either but not both: such
/// cases belong in a program of their own.
void skip_case(const char* why);

}  // namespace runnel::test
