#include "common/npy.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <stdlib.h>
#include <unistd.h>

#include "support/files.hpp"

using runnel::npy::Array;
using runnel::npy::File;
using runnel::npy::Writer;

namespace {

using Bytes = std::vector<unsigned char>;

Bytes file_with(std::string header, const Bytes& data, int version = 1) {
    header += '\n';
    Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<unsigned char>(version), 0};
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
        bytes.push_back(static_cast<unsigned char>(header.size() >> 8 * i));
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

std::string dictionary(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
    Bytes bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::vector<double> values(const Bytes& file) {
    const Array array(file, "x.npy");
    std::vector<double> result;
    for (std::size_t i = 0; i < array.size(); ++i) result.push_back(array.value(i));
    return result;
}

void refused(const Bytes& file, const std::string& reason) {
    CAPTURE(reason);
    CHECK_THROWS_WITH_AS(Array(file, "x.npy"), doctest::Contains(("x.npy: cannot be read: " + reason).c_str()),
                         std::runtime_error);
}

void refused_header(const std::string& header, const std::string& reason) {
    CAPTURE(header);
    refused(file_with(header, Bytes(64)), reason);
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("every type") {
    CHECK(values(file_with(dictionary("|b1", "(3,)"), {0, 1, 7})) == Values{0, 1, 1});
    CHECK(values(file_with(dictionary("|i1", "(2,)"), {0x7f, 0x80})) == Values{127, -128});
    CHECK(values(file_with(dictionary("|u1", "(2,)"), {0x7f, 0x80})) == Values{127, 128});
    CHECK(values(file_with(dictionary("<i2", "(1,)"), {0xfe, 0xff})) == Values{-2});
    CHECK(values(file_with(dictionary("<u2", "(1,)"), {0xf4, 0x01})) == Values{500});
    CHECK(values(file_with(dictionary(">u2", "(1,)"), {0x01, 0xf4})) == Values{500});
    CHECK(values(file_with(dictionary("<i4", "(1,)"), bytes_of<std::int32_t>({-70000}))) == Values{-70000});
    CHECK(values(file_with(dictionary(">i4", "(1,)"), {0xff, 0xff, 0xff, 0xfe})) == Values{-2});
    CHECK(values(file_with(dictionary("<u4", "(1,)"), bytes_of<std::uint32_t>({4000000000}))) == Values{4e9});
    CHECK(values(file_with(dictionary("<i8", "(1,)"), bytes_of<std::int64_t>({-(1ll << 40)}))) == Values{-0x1p40});
    CHECK(values(file_with(dictionary("<u8", "(1,)"), bytes_of<std::uint64_t>({~0ull}))) == Values{0x1p64});
    CHECK(values(file_with(dictionary("<f4", "(1,)"), bytes_of<float>({-0.75f}))) == Values{-0.75});
    CHECK(values(file_with(dictionary(">f4", "(1,)"), {0xbf, 0x40, 0, 0})) == Values{-0.75});
    CHECK(values(file_with(dictionary("=f8", "(1,)"), bytes_of<double>({1e-300}))) == Values{1e-300});
    CHECK(Array(file_with(dictionary("|u1", "(0,)"), {}), "x").is_integer());
    CHECK(Array(file_with(dictionary("|b1", "(0,)"), {}), "x").is_integer());
    CHECK_FALSE(Array(file_with(dictionary("<f2", "(0,)"), {}), "x").is_integer());
}

TEST_CASE("half precision") {   // the examples of IEEE 754 binary16
    const Bytes file = file_with(
        dictionary("<f2", "(9,)"),
        bytes_of<std::uint16_t>({0x0001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0xc000, 0x7bff, 0xfc00, 0x7e00}));
    const auto v = values(file);
    CHECK(v[0] == 0x1p-24);
    CHECK(v[1] == 1023 * 0x1p-24);
    CHECK(v[2] == 0x1p-14);
    CHECK(v[3] == 1);
    CHECK(v[4] == 0.333251953125);
    CHECK(v[5] == -2);
    CHECK(v[6] == 65504);
    CHECK(v[7] == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(v[8]));
}

TEST_CASE("Fortran order is read in C order") {
    // numpy.asfortranarray([[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]])
    const Bytes data = {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11};
    CHECK(values(file_with(dictionary("|u1", "(2, 3, 2)", "True"), data)) ==
          Values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("headers of all versions, spaced and ordered as one likes") {
    for (const int version : {1, 2, 3})
        CHECK(values(file_with(dictionary("|u1", "(2,)"), {3, 4}, version)) == Values{3, 4});
    CHECK(values(file_with("{\"shape\":(1L,2L),'fortran_order':False,\t'descr' :'|u1'}   ", {3, 4})) == Values{3, 4});
    const Bytes scalar = file_with(dictionary("|u1", "()"), {9});
    CHECK(Array(scalar, "x").shape().empty());
    CHECK(values(scalar) == Values{9});
}

TEST_CASE("hostile files") {
    const Bytes good = file_with(dictionary("<u2", "(2, 3)"), Bytes(12));
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK_THROWS_AS(Array({good.data(), size}, "x"), std::runtime_error);
    Bytes longer = good;
    longer.push_back(0);
    refused(longer, "it has 1 bytes more than its shape [2, 3] says");
    refused(Bytes(good.begin(), good.end() - 1), "it is cut short: [2, 3] is 12 bytes, but it has 11");
    refused({'P', 'K', 3, 4}, "it is not a .npy file");
    refused(file_with(dictionary("|u1", "(1,)"), {0}, 4), "its format version is unknown");
    Bytes endless = file_with(dictionary("|u1", "(1,)"), {0}, 2);
    endless[11] = 0xff;
    refused(endless, "it is cut short");

    refused_header(dictionary("<f4", "(4294967296, 4294967296)"), "its shape is larger than this machine's memory");
    refused_header(dictionary("<f8", "(2305843009213693952,)"), "its shape is larger than this machine's memory");
    refused_header(dictionary("<f4", "(4294967296, 4294967296, 0)"), "its shape is larger than this machine's memory");
    refused_header(dictionary("<f4", "(99999999999999999999,)"), "its shape is larger than this machine's memory");
    refused_header(dictionary("<f4", "(-1,)"), "its header has a shape that is not of numbers");
    refused_header(dictionary("<f4", "(1 2)"), "its header lacks a ')'");
    refused_header(dictionary("<f4", "(2.5,)"), "its header lacks a ')'");
    refused_header(dictionary("<f4", "16"), "its header lacks a '('");
    std::string deep = "(";
    for (int i = 0; i < 33; ++i) deep += "1,";
    refused_header(dictionary("<f4", deep + ")"), "it has more than 32 dimensions");
    for (const char* descr : {"<c8", "|O", "<U4", "|S4", "<M8[ns]", "<f3", "<f16", "|u2", "<i16", "", "f4", "u1", "<f"})
        refused_header(dictionary(descr, "(16,)"), std::string("it holds \"") + descr + "\"");
    refused_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "it holds records");
    refused_header("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", "its header has a fortran_order");
    refused_header("{'descr': '<f4', 'shape': (1,)}", "its header lacks descr, fortran_order or shape");
    refused_header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
                   "its header has a key twice");
    refused_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
                   "its header has the key \"x\", which is none of descr, fortran_order and shape");
    refused_header("{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}", "its header");
    refused_header("{'descr': '<f4", "its header has a string without end");
    refused_header(dictionary("<f4", "(16,)") + " import os", "its header does not end");
    refused_header("", "its header lacks a '{'");
}

TEST_CASE("a message quotes 80 characters of a header, as characters") {
    const std::string long_text(60000, 'f'), shown = '"' + std::string(80, 'f') + "...\"";
    refused_header(dictionary(long_text.c_str(), "(1,)"), "it holds " + shown);
    refused_header("{'" + long_text + "': 1}", "its header has the key " + shown);
    refused_header(dictionary("\x1b[2J", "(1,)"), "it holds \"?[2J\"");
    std::string ones, shown_ones;
    for (int i = 0; i < 32; ++i) ones += "1, ";
    for (int i = 0; i < 26; ++i) shown_ones += "1, ";  // with '[' and the next 1: 80 characters
    refused_header(dictionary("|u1", "(" + ones + ")"),
                   "it has 63 bytes more than its shape [" + shown_ones + "1... says");
}

TEST_CASE("what becomes of a file changes nothing in its array") {
    const runnel::test::Folder folder;
    const std::string path = folder.file("x.npy");
    Bytes bytes = file_with(dictionary("|u1", "(100000,)"), Bytes(100000, 7));
    const auto write = [&] {
        std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()),
                                                    static_cast<std::streamsize>(bytes.size()));
    };
    write();
    const File file(path);
    for (unsigned char& byte : bytes) byte = 9;
    write();
    CHECK(file.array().value(50000) == 7);
    std::filesystem::resize_file(path, 0);
    CHECK(file.array().value(99999) == 7);
}

TEST_CASE("what is written reads back, in the form that NumPy writes") {
    char folder[] = "/tmp/runnel.XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/y.npy";
    const std::size_t shape[] = {2, 3};
    Writer writer(path, shape);
    writer.append(std::vector<float>{1, 2, 3, 4});
    CHECK_THROWS_AS(writer.append(std::vector<float>(3)), std::logic_error);
    CHECK_THROWS_AS(writer.finish(), std::logic_error);
    writer.append(std::vector<float>{-5, 0.5f});
    CHECK(::access(path.c_str(), F_OK) != 0);
    writer.finish();
    const File file(path);
    CHECK(file.array().shape() == std::vector<std::size_t>{2, 3});
    CHECK_FALSE(file.array().is_integer());
    for (std::size_t i = 0; i < 6; ++i) CHECK(file.array().value(i) == Values{1, 2, 3, 4, -5, 0.5}[i]);
    const runnel::FileBytes mapped(path);
    CHECK((mapped.bytes().size() - 24) % 64 == 0);   // data starts at a multiple of 64
    const std::string text(mapped.bytes().begin() + 10, mapped.bytes().end() - 24);
    CHECK(text.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
    CHECK(text.back() == '\n');
    ::unlink(path.c_str());

    const std::size_t one[] = {1};
    Writer vector(path, one);
    vector.append(std::vector<float>{7});
    vector.finish();
    CHECK(File(path).array().shape() == std::vector<std::size_t>{1});
    ::unlink(path.c_str());
    ::rmdir(folder);
}
