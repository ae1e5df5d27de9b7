// Files are recognised by their content.
#include "readers/readers.hpp"

#include <doctest/doctest.h>

#include "../error_message.hpp"
#include "support/shared_data.hpp"

using namespace runnel;
using namespace runnel::converter;

TEST_CASE("Keras' two kinds of files") {
    for (const char* file : {"keras/gru_20.h5", "keras/gru_20.keras"}) {
        const Import model = read_model(read_file(test::golden(file)));
        CHECK(model.framework.starts_with("keras "));
        CHECK_FALSE(model.graph.layers.empty());
        CHECK_FALSE(model.summary.empty());
    }
}

TEST_CASE("what no reader knows is refused, and what they know is named") {
    const std::string text = "RNL1 is another kind of file";
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    CHECK(test::error_message([&] { read_model(Bytes(first, first + text.size())); }) ==
          "is no model file of a kind that can be read (Keras' .h5, .hdf5 and .keras)");
}
