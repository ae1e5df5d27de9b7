// A file that changes while it is read.
#include <chrono>
#include <cstdint>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <unistd.h>

#include "common/file.hpp"
#include "runtime/common/traced.hpp"
#include "support/files.hpp"
#include "support/skip.hpp"

using namespace runnel::test;
using runnel::FileBytes;

TEST_CASE("a file that changes at any system call of its reading is read whole or refused") {
    if (!Traced::possible()) {
        skip_case("no process can be traced here");
        return;
    }
    const Folder folder;
    const std::string path = folder.file("x"), old(3'000'000, 'o');
    const auto write = [&](const std::string& text, std::ios::openmode mode) {
        std::ofstream(path, std::ios::binary | mode) << text;
    };
    const auto overwrite = [&] { write(std::string(old.size(), 'n'), std::ios::in); };
    const auto truncate = [&] { std::filesystem::resize_file(path, old.size() / 2); };
    const auto append = [&] { write("n", std::ios::app); };
    const std::string overwritten(old.size(), 'n'), truncated(old.size() / 2, 'o'), appended = old + "n";
    enum { is_old, is_new, refused, mixed };
    const auto outcome = [&](const std::string& changed) {
        try {
            const FileBytes file(path);
            const std::string text(file.bytes().begin(), file.bytes().end());
            return text == old ? is_old : text == changed ? is_new : mixed;
        } catch (const std::runtime_error& error) {
            const std::string why = ": it changed while it was read; try again once it is written";
            return error.what() == path + why ? refused : mixed;
        }
    };
    const auto each_stop = [&](const std::function<void()>& change, const std::string& changed) {
        bool seen[4] = {};
        for (std::size_t stop = 0, last = SIZE_MAX; stop < last; ++stop) {
            CAPTURE(stop);
            write(old, std::ios::trunc);
            std::filesystem::last_write_time(
                path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
            Traced child([&] { ::_exit(outcome(changed)); });
            std::size_t stops = 0;
            for (; child.next(); ++stops)
                if (stops == stop) change();
            REQUIRE(child.exit_code() < mixed);
            seen[child.exit_code()] = true;
            last = stops;
        }
        CHECK(seen[is_old]);
        CHECK(seen[is_new]);
        CHECK(seen[refused]);
    };
    SUBCASE("overwritten") { each_stop(overwrite, overwritten); }
    SUBCASE("truncated") { each_stop(truncate, truncated); }
    SUBCASE("appended to") { each_stop(append, appended); }
}
