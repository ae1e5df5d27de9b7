#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "kernels/fixed_kernels.hpp"
#include "kernels/kernels.hpp"
#include "support/isa.hpp"
#include "support/skip.hpp"

// Weak, so that programs which link only one of the two libraries, or none, may use this main too.
namespace runnel {
[[gnu::weak]] const Kernels* find_kernels(const char* name, bool& known) noexcept;
namespace fixed {
[[gnu::weak]] const Kernels* find_kernels(const char* name, bool& known) noexcept;
}
}  // namespace runnel

namespace {

constexpr int exit_skipped = 77;

int cases = 0, skipped_cases = 0, silent_cases = 0;
bool skips = false;  ///< the case at hand

/// Counts the cases that checked something.
struct Verdicts : doctest::IReporter {
    explicit Verdicts(const doctest::ContextOptions&) {}
    void test_case_start(const doctest::TestCaseData& data) override { skips = false, name_ = data.m_name; }
    void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
        ++cases;
        skipped_cases += skips;
        if (skips || stats.numAssertsCurrentTest > 0) return;
        ++silent_cases;
        std::printf("checked nothing: %s\n", name_);
    }

    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

private:
    const char* name_ = "";
};
REGISTER_LISTENER("verdicts", 1, Verdicts);

int fail(const char* why) {
    std::printf("%s\n", why);
    return 1;
}

}  // namespace

void runnel::test::skip_case(const char* why) {
    skips = true;
    std::printf("skipped: %s\n", why);
}

int main(int argc, char** argv) {
    bool known = true;
    const char* isa = runnel::test::forced_isa();
    if (isa && runnel::find_kernels && !runnel::find_kernels(isa, known)) return known ? exit_skipped : 1;
    if (isa && runnel::fixed::find_kernels && !runnel::fixed::find_kernels(isa, known)) return known ? exit_skipped : 1;
    doctest::Context context(argc, argv);
    const int result = context.run();
    if (context.shouldExit() || result != 0) return result;
    if (silent_cases) return 1;
    if (cases == 0) return fail("no test case has run");
    if (skipped_cases && skipped_cases < cases) return fail("a program skips all of its cases or none");
    return skipped_cases ? exit_skipped : 0;
}
