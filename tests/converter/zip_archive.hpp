/// Zip archives made by hand.
#pragma once
#include <zip.h>

#include <string>
#include <utility>
#include <vector>

#include "formats/file.hpp"

namespace runnel::test {

/// Of names and contents.
inline converter::Bytes zip_archive(const std::vector<std::pair<const char*, std::string>>& members) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(source);
    zip_t* zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto& [name, content] : members)
        zip_file_add(zip, name, zip_source_buffer(zip, content.data(), content.size(), 0), 0);
    zip_close(zip);
    zip_source_open(source);
    zip_source_seek(source, 0, SEEK_END);
    converter::Bytes bytes(static_cast<std::size_t>(zip_source_tell(source)));
    zip_source_seek(source, 0, SEEK_SET);
    zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    zip_source_free(source);
    return bytes;
}

}  // namespace runnel::test
