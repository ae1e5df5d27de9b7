/// Text that comes from outside: names and words of files that nobody vouches for, lines, arguments.
#pragma once
#include <string>
#include <string_view>

namespace runnel {

/// The text with control characters (C0, DEL and, in UTF-8, C1) as '?'.
std::string printable(std::string_view text);

/// What a message may quote of a text: its first 80 characters, printable, with "..." in the place of more. Bytes that
/// are not UTF-8 count as characters and are '?'.
std::string excerpt(std::string_view text);
/// The excerpt in quotation marks.
std::string quote(std::string_view text);
/// What a command line's parser said of the arguments, which it quotes whole: with their excerpts in their place.
std::string shortened(std::string message, int argc, const char* const* argv);

/// The text without the UTF-8 byte order mark that some editors put before it.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace runnel
