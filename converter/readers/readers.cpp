#include "readers/readers.hpp"

#include <array>
#include <string>

#include "error.hpp"
#include "readers/foreign.hpp"
#include "readers/keras.hpp"

namespace runnel::converter {
namespace {

/// What one framework's files are read by.
struct Reader {
    const char* files;  ///< what it reads, in words
    bool (*recognises)(const Bytes& bytes);
    Import (*read)(const Bytes& bytes);
};

/// The first that recognises a file reads it.
constexpr std::array readers = {
    Reader{"Keras' .h5, .hdf5 and .keras", keras::recognises, keras::read_model},
};

}  // namespace

Import read_model(const Bytes& bytes) {
    if (const std::string foreign = foreign_file(bytes); !foreign.empty()) throw Error(foreign);
    std::string known;
    for (const Reader& reader : readers) {
        if (reader.recognises(bytes)) return reader.read(bytes);
        known += (known.empty() ? "" : "; ") + std::string(reader.files);
    }
    throw Error("is no model file of a kind that can be read (" + known + ")");
}

Import read_weights(const Bytes& bytes, const Bytes& architecture) {
    if (const std::string foreign = foreign_file(bytes); !foreign.empty()) throw Error(foreign);
    return keras::read_weights(bytes, architecture);
}

Import new_model(const Bytes& bytes, std::uint64_t seed) { return keras::new_model(bytes, seed); }

}  // namespace runnel::converter
