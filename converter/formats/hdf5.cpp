#include "formats/hdf5.hpp"

#include <algorithm>
#include <cstring>

#include "common/text.hpp"
#include "error.hpp"
#include "formats/hdf5_reader.hpp"
#include "formats/isolated.hpp"

namespace runnel::converter {
namespace {

using Json = nlohmann::json;

constexpr auto damaged = "the HDF5 file cannot be read: it is damaged or was cut short";

Json read_isolated(const Bytes& bytes, const std::vector<std::string>& ignored) {
    const Bytes encoded = run_isolated(
        [&] {
            const std::vector<std::uint8_t> cbor = Json::to_cbor(read_hdf5_objects(bytes, ignored));
            const auto* begin = reinterpret_cast<const std::byte*>(cbor.data());
            return Bytes(begin, begin + cbor.size());
        },
        damaged);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(encoded.data());
    Json objects = Json::from_cbor(begin, begin + encoded.size(), true, false);
    if (!objects.is_object()) throw Error(damaged);
    return objects;
}

bool fills(std::uint64_t numbers, const Hdf5File::Shape& shape) {
    for (const std::uint64_t extent : shape) {
        if (extent == 0) return numbers == 0;
        if (numbers % extent != 0) return false;
        numbers /= extent;
    }
    return numbers == 1;
}

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw Error("'" + excerpt(path) + "' " + why);
}

}  // namespace

bool Hdf5File::is_hdf5(std::span<const std::byte> bytes) {
    static constexpr char magic[] = "\x89HDF\r\n\x1a\n";
    return bytes.size() >= 8 && std::equal(magic, magic + 8, reinterpret_cast<const char*>(bytes.data()));
}

Hdf5File::Hdf5File(const Bytes& bytes, const std::vector<std::string>& ignored) try {
    const Json objects = read_isolated(bytes, ignored);
    for (const auto& [path, json] : objects.items()) {
        Object& object = objects_[path];
        object.is_link = json.contains("link");
        object.is_array = json.contains("shape");
        object.shape = json.value("shape", Shape());
        object.problem = json.value("problem", std::string());
        const Json attributes = json.value("attributes", Json::object());
        for (const auto& [name, text] : attributes.items()) {
            Text& attribute = object.attributes[name];
            if (text.is_array()) attribute.strings = text.get<std::vector<std::string>>();
            else attribute.problem = text.at("problem").get<std::string>();
        }
        if (!object.is_array || !object.problem.empty()) continue;
        const auto& binary = json.at("floats").get_binary();
        object.floats.resize(binary.size() / sizeof(float));
        if (!fills(object.floats.size(), object.shape)) throw Error(damaged);
        if (!object.floats.empty())
            std::memcpy(object.floats.data(), binary.data(), object.floats.size() * sizeof(float));
    }
} catch (const Json::exception&) {  // a child that the file led astray may send anything
    throw Error(damaged);
}

const Hdf5File::Object* Hdf5File::find(const std::string& path) const {
    for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
        const auto parent = objects_.find(path.substr(0, end));
        if (parent != objects_.end() && parent->second.is_link)
            fail(parent->first, "is a link to another place, which is not followed");
    }
    const auto found = objects_.find(path);
    if (found == objects_.end()) return nullptr;
    if (found->second.is_link) fail(path, "is a link to another place, which is not followed");
    return &found->second;
}

bool Hdf5File::exists(const std::string& path) const { return find(path) != nullptr; }

std::vector<std::string> Hdf5File::members(const std::string& group) const {
    std::vector<std::string> names;
    if (!find(group)) return names;
    const std::string prefix = group.empty() ? "" : group + '/';
    for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at) {
        const std::string name = at->first.substr(prefix.size());
        if (!name.empty() && name.find('/') == std::string::npos && !at->second.is_link) names.push_back(name);
    }
    return names;
}

std::optional<std::vector<std::string>> Hdf5File::strings(const std::string& path, const std::string& name) const {
    const Object* object = find(path);
    if (!object) return std::nullopt;
    const auto found = object->attributes.find(name);
    if (found == object->attributes.end()) return std::nullopt;
    if (!found->second.problem.empty()) fail(path + "@" + name, found->second.problem);
    return found->second.strings;
}

const Hdf5File::Object& Hdf5File::array(const std::string& path) const {
    const Object* object = find(path);
    if (!object) fail(path, "is missing");
    if (!object->is_array) fail(path, "is not an array");
    return *object;
}

const Hdf5File::Shape& Hdf5File::shape(const std::string& path) const { return array(path).shape; }

const std::vector<float>& Hdf5File::floats(const std::string& path) const {
    const Object& object = array(path);
    if (!object.problem.empty()) fail(path, object.problem);
    return object.floats;
}

}  // namespace runnel::converter
