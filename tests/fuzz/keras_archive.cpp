// A .keras archive: either its bytes, or its members' (config.json, metadata.json, and what the process sends that reads
// model.weights.h5), each with its length in 4 bytes in front, which are then made an archive.
#include <zip.h>

#include <nlohmann/json.hpp>

#include "keras.hpp"
#include "without_libhdf5.hpp"

using namespace runnel;

namespace {

struct Member {
    const char* name;
    converter::Bytes bytes;
};

/// A zip archive with these members, not compressed.
converter::Bytes archived(const std::vector<Member>& members) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    fuzz::require(archive, "no archive can be made");
    zip_source_keep(target);
    for (const Member& member : members) {
        zip_source_t* source = zip_source_buffer(archive, member.bytes.data(), member.bytes.size(), 0);
        const zip_int64_t index = zip_file_add(archive, member.name, source, ZIP_FL_OVERWRITE);
        fuzz::require(index >= 0, "no member can be added");
        zip_set_file_compression(archive, zip_uint64_t(index), ZIP_CM_STORE, 0);
    }
    fuzz::require(zip_close(archive) == 0, "the archive cannot be closed");
    zip_stat_t stat;
    zip_source_stat(target, &stat);
    converter::Bytes bytes(stat.size);
    zip_source_open(target);
    zip_source_read(target, bytes.data(), bytes.size());
    zip_source_close(target);
    zip_source_free(target);
    return bytes;
}

converter::Bytes from_members(const std::uint8_t* data, std::size_t size) {
    const auto members = fuzz::parts_of<3>(data, size);
    fuzz::sent_by_child = members[2];
    return archived({{"config.json", members[0]},
                     {"metadata.json", members[1]},
                     {"model.weights.h5", fuzz::hdf5_file()}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bool whole = size >= 2 && data[0] == 'P' && data[1] == 'K';
    fuzz::sent_by_child.clear();
    const converter::Bytes file = whole ? fuzz::bytes_of(data, size) : from_members(data, size);
    fuzz::convert([&] { return converter::keras::read_model(file); });
    return 0;
}
