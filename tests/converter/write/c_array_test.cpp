#include "write/c_array.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "error.hpp"
#include "model/plan.hpp"
#include "quantize/quantize.hpp"
#include "support/fixed_models.hpp"

using namespace runnel;

namespace {

/// The value of a constant in the header.
std::size_t constant(const std::string& header, const std::string& name) {
    const std::size_t at = header.find("    " + name + " = ");
    REQUIRE(at != std::string::npos);
    return std::stoul(header.substr(at + 4 + name.size() + 3));
}

/// Embedding or features, recurrent and Dense layers in one of the formats.
test::FileImage file_of(schema::Cell cell, bool tokens, schema::Format format) {
    const test::Graph graph = tokens ? test::token_graph(cell) : test::feature_graph(cell);
    if (converter::is_fixed(format)) return test::fixed_file_of(graph, format);
    converter::Formats formats;
    formats.matrices = format;
    return converter::pack(converter::quantize(graph, formats, nullptr), {});
}

}  // namespace

TEST_CASE("the C array holds the bytes under a name that C allows") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    const std::string text = converter::c_array("2nd-model.h", "a comment", file.bytes());
    CHECK(text.starts_with("/* a comment */\n#ifndef RUNNEL_MODEL_model_2nd_model_H\n"));
    const std::string begin =
        "static const unsigned char model_2nd_model[" + std::to_string(file.bytes().size()) + "] = {\n    ";
    std::size_t at = text.find(begin);
    REQUIRE(at != std::string::npos);
    at += begin.size();
    for (const std::uint8_t byte : file.bytes()) {
        std::size_t digits = 0;
        REQUIRE(std::stoul(text.substr(at, 20), &digits) == byte);
        at = text.find_first_of("0123456789}", at + digits);
    }
    CHECK(text[at] == '}');
    CHECK(constant(text, "model_2nd_model_size") == file.bytes().size());
    CHECK(converter::c_array("gru.h", "", file.bytes()).find("char gru[") != std::string::npos);
}

TEST_CASE("no array of what does not load") {
    const auto file = test::file_of(test::token_graph(schema::Cell::gru));
    CHECK_THROWS_AS(converter::c_array("m.h", "", file.bytes().first(file.bytes().size() - 1)), converter::Error);
}

TEST_CASE("the constants are the model's, and its blocks suffice on every instruction set") {
    for (const schema::Format format : {schema::Format::f32, schema::Format::f16, schema::Format::int8,
                                        schema::Format::int8x16, schema::Format::fixed, schema::Format::fixed8})
        for (const schema::Cell cell :
             {schema::Cell::simple_rnn, schema::Cell::gru, schema::Cell::gru_reset_before, schema::Cell::lstm})
            for (const bool tokens : {false, true}) {
                if (is_fixed(format) && cell == schema::Cell::gru_reset_before) continue;
                CAPTURE(int(format));
                CAPTURE(int(cell));
                const auto file = file_of(cell, tokens, format);
                const std::string text = converter::c_array("m.h", "", file.bytes());
                std::size_t most = 0;
                for (const char* const* isa = isas(); *isa; ++isa) {
                    Model model;
                    REQUIRE(model.load(file.bytes().data(), file.bytes().size(), *isa) == Status::ok);
                    CHECK(constant(text, "m_takes_tokens") == model.info().takes_tokens);
                    CHECK(constant(text, "m_inputs") == model.info().inputs);
                    CHECK(constant(text, "m_outputs") == model.info().outputs);
                    CHECK(constant(text, "m_model_bytes") == sizeof model);
                    CHECK(constant(text, "m_session_bytes") >= Session::bytes(model));
                    most = std::max(most, Session::bytes(model));
                    for (const std::uint32_t n : {1u, 4u, 1000u})
                        CHECK(constant(text, "m_batch_head_bytes") + n * constant(text, "m_batch_stream_bytes") >=
                              Batch::bytes(model, n));
                    CHECK(constant(text, "m_session_bytes") == most_session_bytes(model));
                }
                if (std::string(isas()[0]) == "avx512vnni" || format != schema::Format::int8)
                    CHECK(constant(text, "m_session_bytes") == most);
            }
}
