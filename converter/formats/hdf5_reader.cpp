#include "formats/hdf5_reader.hpp"

#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <memory>

#include "common/text.hpp"
#include "error.hpp"
#include "formats/hdf5.hpp"

namespace runnel::converter {
namespace {

using Json = nlohmann::json;
using Shape = Hdf5File::Shape;

constexpr std::size_t max_objects = 100'000;
constexpr int max_depth = 32;
constexpr auto unreadable = "cannot be read: the file is damaged or was cut short";

template <herr_t (*close)(hid_t)> class Handle {
public:
    explicit Handle(hid_t id) : id_(id) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (id_ >= 0) close(id_);
    }
    operator hid_t() const { return id_; }
    bool valid() const { return id_ >= 0; }

private:
    hid_t id_;
};
using File = Handle<H5Fclose>;
using Object = Handle<H5Oclose>;
using Attribute = Handle<H5Aclose>;
using Type = Handle<H5Tclose>;
using Space = Handle<H5Sclose>;
using Properties = Handle<H5Pclose>;

Json problem(const std::string& why) { return {{"problem", why}}; }

Shape shape_of(const Space& space) {
    const int rank = std::max(0, H5Sget_simple_extent_ndims(space));
    std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, extent.data(), nullptr);
    return Shape(extent.begin(), extent.end());
}

/// Product of the extents, at most limit + 1.
std::uint64_t element_count(const Shape& shape, std::uint64_t limit) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : shape) {
        if (extent == 0) return 0;
        count = count > limit / extent ? limit + 1 : count * extent;
        if (count > limit) return limit + 1;
    }
    return count;
}

Json fixed_strings(const Attribute& attribute, const Type& type, std::size_t count) {
    const std::size_t length = H5Tget_size(type);
    if (length == 0 || length > Hdf5File::max_text / count) return problem("holds texts that are too long");
    std::vector<char> buffer(length * count);
    if (H5Aread(attribute, type, buffer.data()) < 0) return problem(unreadable);
    Json result = Json::array();
    for (std::size_t i = 0; i < count; ++i) {
        const char* begin = buffer.data() + i * length;
        result.push_back(std::string(begin, std::find(begin, begin + length, '\0')));
    }
    return result;
}

Json variable_strings(const Attribute& attribute, const Type& stored, const Space& space, std::size_t count) {
    const Type type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5Tget_cset(stored));
    std::vector<char*> pointers(count, nullptr);
    if (H5Aread(attribute, type, pointers.data()) < 0) return problem(unreadable);
    Json result = Json::array();
    for (const char* text : pointers) result.push_back(text ? text : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    return result;
}

Json read_attribute(const Attribute& attribute) {
    if (!attribute.valid()) return problem(unreadable);
    const Space space(H5Aget_space(attribute));
    const Type type(H5Aget_type(attribute));
    if (!space.valid() || !type.valid()) return problem(unreadable);
    if (H5Sget_simple_extent_type(space) == H5S_NULL) return Json::array();
    constexpr std::uint64_t most = Hdf5File::max_text / sizeof(char*);
    const std::uint64_t count = element_count(shape_of(space), most);
    if (count == 0) return Json::array();
    if (count > most) return problem("holds too many texts");
    if (H5Tget_class(type) != H5T_STRING) return problem("does not hold text");
    return H5Tis_variable_str(type) > 0 ? variable_strings(attribute, type, space, count)
                                        : fixed_strings(attribute, type, count);
}

Json read_attributes(const Object& object) {
    Json result = Json::object();
    const auto add = [](hid_t at, const char* name, const H5A_info_t*, void* to) -> herr_t {
        (*static_cast<Json*>(to))[name] = read_attribute(Attribute(H5Aopen(at, name, H5P_DEFAULT)));
        return 0;
    };
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &result);
    return result;
}

/// {"shape", "floats"} or {"shape", "problem"}. An array is read only if all of its bytes lie in this file and were
/// written.
Json read_array(const Object& dataset, std::size_t file_bytes) {
    const Space space(H5Dget_space(dataset));
    const Type type(H5Dget_type(dataset));
    const Properties properties(H5Dget_create_plist(dataset));
    Json result = {{"shape", Json::array()}};
    const auto refuse = [&](const std::string& why) {
        result["problem"] = why;
        return result;
    };
    if (!space.valid() || !type.valid() || !properties.valid()) return refuse(unreadable);
    const Shape shape = shape_of(space);
    result["shape"] = shape;
    const std::uint64_t count = element_count(shape, Hdf5File::max_elements);
    if (count > Hdf5File::max_elements)
        return refuse("has more than " + std::to_string(Hdf5File::max_elements) + " elements");
    if (H5Tget_class(type) != H5T_FLOAT)
        return refuse("does not hold floating-point numbers; save the model with float weights (not quantized)");
    if (H5Pget_layout(properties) == H5D_VIRTUAL || H5Pget_external_count(properties) != 0)
        return refuse("refers to another file; save the model in one file");
    const hsize_t stored = H5Dget_storage_size(dataset);
    if (count != 0 && stored == 0) return refuse("was never written: the file is incomplete");
    if (stored > file_bytes) return refuse(unreadable);
    Json::binary_t floats(std::vector<std::uint8_t>(count * sizeof(float)));
    if (count != 0 && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, floats.data()) < 0)
        return refuse(unreadable);
    result["floats"] = std::move(floats);
    return result;
}

class Walk {
public:
    Walk(std::size_t file_bytes, const std::vector<std::string>& ignored)
        : file_bytes_(file_bytes), ignored_(ignored) {}

    Json objects = Json::object();

    void visit(const Object& object, const std::string& path, int depth) {
        if (objects.size() > max_objects || depth > max_depth) throw Error("the HDF5 file holds too many objects");
        if (!object.valid()) throw Error("'" + excerpt(path) + "' " + unreadable);
        const H5I_type_t kind = H5Iget_type(object);
        Json entry = kind == H5I_DATASET ? read_array(object, file_bytes_) : Json::object();
        entry["attributes"] = read_attributes(object);
        const std::vector<std::string> names = kind == H5I_GROUP ? members(object) : std::vector<std::string>();
        objects[path] = std::move(entry);
        for (const std::string& name : names) {
            if (depth == 0 && std::find(ignored_.begin(), ignored_.end(), name) != ignored_.end()) continue;
            const std::string member = path.empty() ? name : path + '/' + name;
            H5L_info_t link;
            if (H5Lget_info(object, name.c_str(), &link, H5P_DEFAULT) < 0)
                throw Error("'" + excerpt(member) + "' " + unreadable);
            if (link.type == H5L_TYPE_HARD)
                visit(Object(H5Oopen(object, name.c_str(), H5P_DEFAULT)), member, depth + 1);
            else objects[member] = {{"link", true}};
        }
    }

private:
    static std::vector<std::string> members(const Object& group) {
        std::vector<std::string> names;
        const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
            auto& list = *static_cast<std::vector<std::string>*>(to);
            list.push_back(name);
            return list.size() > max_objects ? 1 : 0;
        };
        H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names);
        return names;
    }

    std::size_t file_bytes_;
    const std::vector<std::string>& ignored_;
};

}  // namespace

Json read_hdf5_objects(const Bytes& bytes, const std::vector<std::string>& ignored) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
    constexpr unsigned shared = H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
    // Opened for reading: libhdf5 does not write to the image.
    const File file(H5LTopen_file_image(const_cast<std::byte*>(bytes.data()), bytes.size(), shared));
    if (!file.valid()) throw Error("the HDF5 file cannot be opened: it is damaged or was cut short");
    Walk walk(bytes.size(), ignored);
    walk.visit(Object(H5Oopen(file, "/", H5P_DEFAULT)), "", 0);
    return std::move(walk.objects);
}

}  // namespace runnel::converter
