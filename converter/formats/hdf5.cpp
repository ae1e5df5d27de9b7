#include "formats/hdf5.hpp"

#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "error.hpp"

namespace runnel::converter {
namespace {

template <herr_t (*close)(hid_t)>
class Handle {
public:
    explicit Handle(hid_t id) : id_(id) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    Handle& operator=(Handle&&) = delete;
    ~Handle() {
        if (id_ >= 0) close(id_);
    }
    operator hid_t() const { return id_; }
    bool valid() const { return id_ >= 0; }

private:
    hid_t id_;
};
using Object = Handle<H5Oclose>;
using Dataset = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;
using Type = Handle<H5Tclose>;
using Space = Handle<H5Sclose>;
using Properties = Handle<H5Pclose>;

[[noreturn]] void fail(const std::string& path, const std::string& why) { throw Error("'" + path + "' " + why); }

/// The parts of "a/b/c"; none of "/".
std::vector<std::string> parts(const std::string& path) {
    std::vector<std::string> result;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (end > at) result.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return result;
}

Dataset open_array(hid_t file, const std::string& path) {
    Dataset dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT));
    if (!dataset.valid()) fail(path, "is not an array");
    return dataset;
}

Hdf5File::Shape shape_of(hid_t space, const std::string& path) {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0) fail(path, "has no shape");
    Hdf5File::Shape shape(static_cast<std::size_t>(rank));
    std::vector<hsize_t> extent(shape.size());
    H5Sget_simple_extent_dims(space, extent.data(), nullptr);
    std::copy(extent.begin(), extent.end(), shape.begin());
    return shape;
}

/// Product of the extents, at most limit + 1.
std::uint64_t element_count(const Hdf5File::Shape& shape, std::uint64_t limit) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : shape) {
        if (extent == 0) return 0;
        count = count > limit / extent ? limit + 1 : count * extent;
        if (count > limit) return limit + 1;
    }
    return count;
}

std::vector<std::string> fixed_strings(const Attribute& attribute, const Type& type, std::size_t count,
                                       const std::string& what) {
    const std::size_t length = H5Tget_size(type);
    if (length == 0 || length > Hdf5File::max_string / count) fail(what, "holds strings that are too long");
    std::vector<char> buffer(length * count);
    if (H5Aread(attribute, type, buffer.data()) < 0) fail(what, "cannot be read: the file is damaged");
    std::vector<std::string> result;
    for (std::size_t i = 0; i < count; ++i) {
        const char* begin = buffer.data() + i * length;
        result.emplace_back(begin, std::find(begin, begin + length, '\0'));
    }
    return result;
}

std::vector<std::string> variable_strings(const Attribute& attribute, const Space& space, std::size_t count,
                                          const std::string& what) {
    const Type type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, H5T_VARIABLE);
    const Type stored(H5Aget_type(attribute));
    H5Tset_cset(type, H5Tget_cset(stored));
    std::vector<char*> pointers(count, nullptr);
    if (H5Aread(attribute, type, pointers.data()) < 0) fail(what, "cannot be read: the file is damaged");
    auto reclaim = [&](char** p) { H5Dvlen_reclaim(type, space, H5P_DEFAULT, p); };
    const std::unique_ptr<char*, decltype(reclaim)> owner(pointers.data(), reclaim);
    std::vector<std::string> result;
    for (const char* p : pointers) result.emplace_back(p ? p : "");
    return result;
}

/// An array is read only if all of its bytes lie in this file and were written.
void check_storage(const Dataset& dataset, const std::string& path, std::uint64_t count, std::size_t file_bytes) {
    const Properties properties(H5Dget_create_plist(dataset));
    if (!properties.valid()) fail(path, "cannot be read: the file is damaged");
    if (H5Pget_layout(properties) == H5D_VIRTUAL || H5Pget_external_count(properties) != 0)
        fail(path, "refers to another file; save the model in one file");
    const hsize_t stored = H5Dget_storage_size(dataset);
    if (count != 0 && stored == 0) fail(path, "was never written: the file is incomplete");
    if (stored > file_bytes) fail(path, "reaches beyond the end of the file: it is damaged or was cut short");
}

}  // namespace

bool Hdf5File::is_hdf5(std::span<const std::byte> bytes) {
    static constexpr char magic[] = "\x89HDF\r\n\x1a\n";
    return bytes.size() >= 8 && std::equal(magic, magic + 8, reinterpret_cast<const char*>(bytes.data()));
}

Hdf5File::Hdf5File(Bytes bytes) : bytes_(std::move(bytes)) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
    file_ = H5LTopen_file_image(bytes_.data(), bytes_.size(), H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
    if (file_ < 0) throw Error("the HDF5 file cannot be opened: it is damaged or was cut short");
}

Hdf5File::~Hdf5File() { H5Fclose(file_); }

bool Hdf5File::exists(const std::string& path) const {
    std::string at;
    for (const std::string& part : parts(path)) {
        if (!at.empty() && H5Oexists_by_name(file_, at.c_str(), H5P_DEFAULT) <= 0) return false;
        at += (at.empty() ? "" : "/") + part;
        if (H5Lexists(file_, at.c_str(), H5P_DEFAULT) <= 0) return false;
        H5L_info_t link;
        if (H5Lget_info(file_, at.c_str(), &link, H5P_DEFAULT) < 0) return false;
        if (link.type != H5L_TYPE_HARD) fail(at, "is a link to another place, which Runnel does not follow");
    }
    return at.empty() || H5Oexists_by_name(file_, at.c_str(), H5P_DEFAULT) > 0;
}

std::size_t Hdf5File::children(const std::string& group) const {
    H5G_info_t info;
    if (!exists(group) || H5Gget_info_by_name(file_, group.c_str(), &info, H5P_DEFAULT) < 0) return 0;
    return info.nlinks;
}

std::optional<std::vector<std::string>> Hdf5File::strings(const std::string& path, const std::string& name) const {
    if (!exists(path)) return std::nullopt;
    const Object object(H5Oopen(file_, path.c_str(), H5P_DEFAULT));
    if (!object.valid() || H5Aexists(object, name.c_str()) <= 0) return std::nullopt;

    const std::string what = path + "@" + name;
    const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
    const Space space(attribute.valid() ? H5Aget_space(attribute) : H5I_INVALID_HID);
    const Type type(attribute.valid() ? H5Aget_type(attribute) : H5I_INVALID_HID);
    if (!space.valid() || !type.valid()) fail(what, "cannot be read: the file is damaged");
    if (H5Sget_simple_extent_type(space) == H5S_NULL) return std::vector<std::string>();
    const std::uint64_t count = element_count(shape_of(space, what), max_string);
    if (count == 0) return std::vector<std::string>();
    if (count > max_string) fail(what, "holds too many strings");
    if (H5Tget_class(type) != H5T_STRING) fail(what, "does not hold text");
    return H5Tis_variable_str(type) > 0 ? variable_strings(attribute, space, count, what)
                                        : fixed_strings(attribute, type, count, what);
}

Hdf5File::Shape Hdf5File::shape(const std::string& path) const {
    if (!exists(path)) fail(path, "is missing");
    const Dataset dataset = open_array(file_, path);
    const Space space(H5Dget_space(dataset));
    return shape_of(space, path);
}

std::vector<float> Hdf5File::floats(const std::string& path) const {
    const std::uint64_t count = element_count(shape(path), max_elements);
    if (count > max_elements) fail(path, "has more than " + std::to_string(max_elements) + " elements");
    const Dataset dataset = open_array(file_, path);
    const Type type(H5Dget_type(dataset));
    if (H5Tget_class(type) != H5T_FLOAT)
        fail(path, "does not hold floating-point numbers; save the model with float weights (not quantized)");
    check_storage(dataset, path, count, bytes_.size());
    std::vector<float> values(count);
    if (count != 0 && H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        fail(path, "cannot be read: the file is damaged or was cut short");
    return values;
}

}  // namespace runnel::converter
