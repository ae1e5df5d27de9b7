#include "formats/zip.hpp"

#include <zip.h>

#include <algorithm>

#include "error.hpp"

namespace runnel::converter {

bool ZipFile::is_zip(std::span<const std::byte> bytes) {
    static constexpr std::byte magic[] = {std::byte{'P'}, std::byte{'K'}, std::byte{3}, std::byte{4}};
    return bytes.size() >= 4 && std::equal(std::begin(magic), std::end(magic), bytes.begin());
}

void ZipFile::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipFile::ZipFile(std::span<const std::byte> bytes) {
    zip_error_t error;
    zip_error_init(&error);
    auto fail = [&] {
        const std::string why = zip_error_strerror(&error);
        zip_error_fini(&error);
        throw Error("the zip archive cannot be read: " + why + "; the file is damaged or was cut short");
    };
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (!source) fail();
    archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!archive_) {
        zip_source_free(source);
        fail();
    }
    zip_error_fini(&error);
}

std::optional<Bytes> ZipFile::read(const std::string& name, std::size_t limit) const {
    const zip_int64_t index = zip_name_locate(archive_.get(), name.c_str(), 0);
    if (index < 0) return std::nullopt;
    auto fail = [&](const std::string& why) -> void { throw Error("'" + name + "' in the zip archive " + why); };

    struct Close {
        void operator()(zip_file_t* file) const { zip_fclose(file); }
    };
    const std::unique_ptr<zip_file_t, Close> file(zip_fopen_index(archive_.get(), index, 0));
    if (!file) fail(std::string("cannot be read: ") + zip_strerror(archive_.get()));

    // The declared size is not to be trusted: the buffer grows with what really comes.
    Bytes content;
    for (;;) {
        const std::size_t have = content.size(), piece = std::clamp<std::size_t>(have, 1 << 16, 1 << 26);
        content.resize(have + piece);
        const zip_int64_t got = zip_fread(file.get(), content.data() + have, piece);
        if (got < 0) fail(std::string("is damaged: ") + zip_file_strerror(file.get()));
        content.resize(have + static_cast<std::size_t>(got));
        if (content.size() > limit) fail("is longer than " + std::to_string(limit) + " bytes");
        if (got == 0) return content;
    }
}

std::vector<std::string> ZipFile::names() const {
    constexpr zip_int64_t most = 100'000;
    std::vector<std::string> result;
    const zip_int64_t count = std::min(most, zip_get_num_entries(archive_.get(), 0));
    for (zip_int64_t i = 0; i < count; ++i)
        if (const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0)) result.emplace_back(name);
    return result;
}

}  // namespace runnel::converter
