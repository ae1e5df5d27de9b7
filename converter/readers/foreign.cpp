#include "readers/foreign.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "common/text.hpp"
#include "formats/zip.hpp"

namespace runnel::converter {
namespace {

using Json = nlohmann::json;
using namespace std::string_view_literals;

constexpr auto from_keras = "; save the Keras model that it was made from: model.save('model.keras')";

/// What begins with (at some place has) bytes that nothing else has.
struct Magic {
    std::size_t at;
    std::string_view bytes, what;
};

constexpr std::array magics = {
    Magic{0, "version https://git-lfs.github.com/spec/"sv,
          "is a Git LFS pointer, which stands for the file itself; fetch it in its repository: git lfs pull"},
    Magic{4, "TFL3"sv,
          "is a TensorFlow Lite model, whose weights are rounded and rearranged; save the Keras model that it was made "
          "from: model.save('model.keras')"},
    Magic{0, "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv,
          "is a model of PyTorch, pickled; build the same layers in Keras, set_weights, and model.save('model.keras')"},
    Magic{0, "\x93NUMPY"sv, "is an array of NumPy, not a model; the model comes first, data by --calibrate X.npy"},
    Magic{0, "\x1f\x8b"sv, "is compressed by gzip; unpack it: gunzip FILE.gz (or tar xf FILE.tar.gz)"},
    Magic{0, "BZh"sv, "is compressed by bzip2; unpack it: bunzip2 FILE.bz2"},
    Magic{0, "\xfd" "7zXZ"sv, "is compressed by xz; unpack it: unxz FILE.xz"},
    Magic{0, "Rar!"sv, "is a rar archive; unpack it and give the model in it"},
    Magic{257, "ustar"sv, "is a tar archive; unpack it and give the model in it: tar xf FILE.tar"},
};

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Fields of a protobuf message, of which each number up to 31 that occurs is a bit; nothing where it is none.
std::optional<std::uint32_t> protobuf_fields(std::string_view message) {
    std::uint32_t fields = 0;
    std::size_t at = 0;
    const auto varint = [&]() -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at < message.size(); shift += 7) {
            const auto byte = static_cast<unsigned char>(message[at++]);
            value |= std::uint64_t(byte & 127) << shift;
            if (byte < 128) return value;
        }
        return std::nullopt;
    };
    while (at < message.size()) {
        const auto tag = varint();
        if (!tag || *tag >> 3 == 0 || *tag >> 3 > 31) return std::nullopt;
        fields |= 1u << (*tag >> 3);
        const unsigned wire = *tag & 7;
        const auto length = wire == 0 || wire == 2 ? varint() : std::optional<std::uint64_t>(wire == 1 ? 8 : 4);
        if (!length || wire == 3 || wire == 4 || wire > 5) return std::nullopt;
        if (wire == 0) continue;
        if (*length > message.size() - at) return std::nullopt;
        at += *length;
    }
    return fields;
}

/// onnx.proto: ModelProto has ir_version = 1, graph = 7 and opset_import = 8. saved_model.proto: SavedModel has its
/// version = 1 and meta_graphs = 2, and nothing else.
std::string protobuf(std::string_view bytes) {
    if (!bytes.starts_with('\x08')) return "";
    const auto fields = protobuf_fields(bytes);
    if (!fields) return "";
    const auto has = [&](unsigned number) { return (*fields >> number & 1) != 0; };
    if (has(7) && has(8)) return std::string("is an ONNX model, which is not read") + from_keras;
    if (*fields == 0b110)
        return "is the graph of a TensorFlow SavedModel, without its weights; in TensorFlow 2.15 or older: "
               "tf.keras.models.load_model('FOLDER').save('model.h5')";
    return "";
}

std::string json(std::string_view text) {
    constexpr std::size_t most = std::size_t{1} << 26;
    const Json json = Json::parse(text.substr(0, most), nullptr, false);
    if (json.is_discarded()) return "";
    const auto has = [&](const char* key) { return json.is_object() && json.contains(key); };
    if (has("class_name") && has("config"))
        return "is a Keras model's architecture without its weights; give both: runnel-convert WEIGHTS.h5 "
               "--architecture FILE.json -o OUT (or --new FILE.json for fresh weights)";
    if (has("architecture") && has("weights"))
        return "is a model of Neural Amp Modeler (.nam), which is not read; build the same layers in Keras, "
               "set_weights, and model.save('model.keras')";
    if (has("modelTopology"))
        return "is a model of TensorFlow.js: tensorflowjs_converter --input_format=tfjs_layers_model "
               "--output_format=keras model.json model.h5";
    if (has("in_shape") && has("layers"))
        return std::string("is a model in RTNeural's JSON, which is not read") + from_keras;
    return "is JSON, but no architecture of a Keras model; save the model with its weights: model.save('model.keras')";
}

bool ends(const std::string& name, std::string_view end) { return name.ends_with(end); }

std::string zip(const Bytes& bytes) {
    const std::vector<std::string> names = ZipFile(bytes).names();
    const auto any = [&](auto&& is) { return std::any_of(names.begin(), names.end(), is); };
    if (any([](const std::string& name) { return name == "config.json" || name == "metadata.json"; })) return "";
    if (any([](const std::string& name) { return ends(name, "data.pkl"); }))
        return "is a model of PyTorch (a zip archive with a pickle); build the same layers in Keras, set_weights, and "
               "model.save('model.keras')";
    if (any([](const std::string& name) { return ends(name, "saved_model.pb"); }))
        return "is a zipped TensorFlow SavedModel; unpack it, and in TensorFlow 2.15 or older: "
               "tf.keras.models.load_model('FOLDER').save('model.h5')";
    if (any([](const std::string& name) { return ends(name, ".npy"); }))
        return "is an archive of NumPy arrays (.npz), not a model; save the model: model.save('model.keras')";
    for (const std::string& name : names)
        if (ends(name, ".h5") || ends(name, ".hdf5") || ends(name, ".keras"))
            return "is a zip archive that holds a model; unpack it and give " + quote(name);
    return "";
}

/// Protocols 2 to 5 begin so, and end in a stop.
bool is_pickle(std::string_view bytes) {
    return bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5 && bytes.back() == '.';
}

bool is_web_page(std::string_view text) {
    std::string begin(text.substr(0, 200));
    std::transform(begin.begin(), begin.end(), begin.begin(), [](unsigned char c) { return std::tolower(c); });
    begin.erase(0, begin.find_first_not_of(" \t\r\n"));
    return begin.starts_with("<!doctype html") || begin.starts_with("<html");
}

/// safetensors: the length of a JSON header, then the header.
bool is_safetensors(std::string_view bytes) {
    return bytes.size() > 9 && bytes.substr(4, 4) == "\0\0\0\0"sv && bytes.substr(8, 2) == "{\""sv;
}

bool is_json(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string foreign_file(const Bytes& bytes) {
    const std::string_view text = without_byte_order_mark(text_of(bytes));
    if (text.empty()) return "is empty; copy or download it again, or save the model again";
    for (const Magic& magic : magics)
        if (text.size() > magic.at && text.substr(magic.at).starts_with(magic.bytes)) return std::string(magic.what);
    if (ZipFile::is_zip(bytes)) return zip(bytes);
    if (is_pickle(text))
        return "is a Python pickle, which may run any code and is never read; where you trust it, load it in Python "
               "and model.save('model.keras')";
    if (is_safetensors(text))
        return "holds weights alone (safetensors); build the same layers in Keras, set_weights, and "
               "model.save('model.keras')";
    if (is_web_page(text)) return "is a web page, not the file that it shows; download the raw file";
    if (is_json(text)) return json(text);
    return protobuf(text);
}

std::string foreign_folder(const std::filesystem::path& folder) {
    const auto has = [&](const char* name) {
        std::error_code none;
        return std::filesystem::exists(folder / name, none);
    };
    const std::string name = quote(folder.filename().empty() ? folder.parent_path().filename().string()
                                                             : folder.filename().string());
    if (has("saved_model.pb"))
        return "is the folder of a TensorFlow SavedModel; in TensorFlow 2.15 or older: "
               "tf.keras.models.load_model(" + name + ").save('model.h5')";
    if (has("config.json") && has("model.weights.h5"))
        return "is an unpacked .keras archive; pack it again: (cd " + name + " && zip ../model.keras *)";
    std::string models;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string file = entry.path().filename().string();
        if (models.size() < 100 && (ends(file, ".h5") || ends(file, ".hdf5") || ends(file, ".keras")))
            models += (models.empty() ? "" : ", ") + quote(file);
    }
    return "is a folder; give the model's file" + (models.empty() ? " (.h5, .hdf5 or .keras)" : " in it: " + models);
}

}  // namespace runnel::converter
